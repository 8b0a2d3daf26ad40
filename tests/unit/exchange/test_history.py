"""Histories keep what was asked for, whatever else an exchange puts into its pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.domain.lanes import Lane
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.dialect import Request
from engine.exchange.history import History
from tests.unit.exchange.test_mapping import AT_MS, ORDER, TRADE


class Scripted:
    """Answers every question with the same rows and remembers what was asked."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.asked: list[Request] = []

    def __call__(self, request: Request, lane: Lane, what: str, read: Callable[[Any], Any]) -> Any:
        self.asked.append(request)
        return read(self.rows)


def test_orders_from_before_are_left_out() -> None:
    """An exchange that filters by the last change also shows older orders."""
    rows = [ORDER | {"orderId": number, "time": AT_MS + number} for number in (3, 1, 2)]
    found = History(BinanceSpot(), Scripted(rows)).orders_since(
        "BTC/USDT", AT_MS + 2, AT_MS + 9, Lane.POLL
    )
    assert [report.exchange_order_id for report in found] == ["2", "3"]


def test_trades_of_other_orders_are_not_an_orders_own() -> None:
    """An exchange that ignores the order's id must not give it strange fills."""
    rows = [TRADE, TRADE | {"id": 2, "orderId": 7}]
    found = History(BinanceSpot(), Scripted(rows)).fills_of_order("BTC/USDT", "7", Lane.POLL)
    assert [fill.row_id for fill in found] == ["2/7"]


def test_a_row_that_two_ranges_show_counts_once() -> None:
    """Ranges of several days, the same answer to each: one row."""
    ask = Scripted([TRADE])
    day_ms = 86_400_000
    found = History(BinanceSpot(), ask).fills_since(
        "BTC/USDT", AT_MS - 3 * day_ms, AT_MS, Lane.POLL
    )
    assert len(found) == 1
    starts = [int(request.parameters["startTime"]) for request in ask.asked]
    assert starts == [AT_MS - days * day_ms for days in (3, 2, 1, 0)]
    assert int(ask.asked[-1].parameters["endTime"]) > AT_MS
