"""Histories keep what was asked for, whatever else an exchange puts into its pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.domain.lanes import Lane
from engine.exchange.binance.futures import BinanceFutures
from engine.exchange.binance.rest import DAY_MS, PAGE_ROWS
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.dialect import Request
from engine.exchange.history import History
from tests.unit.exchange.test_mapping import AT_MS, ORDER, TRADE

CONTRACT_TRADE = TRADE | {
    "side": "SELL",
    "positionSide": "BOTH",
    "maker": True,
    "realizedPnl": "0",
}


class Scripted:
    """Answers with the pages, the last one for ever, and remembers what was asked."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.asked: list[Request] = []

    def __call__(self, request: Request, lane: Lane, what: str, read: Callable[[Any], Any]) -> Any:
        self.asked.append(request)
        return read(self.pages[min(len(self.asked), len(self.pages)) - 1])


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
    """Ranges of several weeks, the same answer to each: one row."""
    ask = Scripted([CONTRACT_TRADE])
    week_ms = 7 * DAY_MS
    found = History(BinanceFutures(), ask).fills_since(
        "BTC/USDT:USDT", AT_MS - 3 * week_ms, AT_MS, Lane.POLL
    )
    assert len(found) == 1
    starts = [int(request.parameters["startTime"]) for request in ask.asked]
    assert starts == [AT_MS - weeks * week_ms for weeks in (3, 2, 1, 0)]
    assert int(ask.asked[-1].parameters["endTime"]) > AT_MS


def test_a_year_of_few_trades_is_one_question() -> None:
    """Where one page holds all there ever were, its rows from before are left out."""
    ask = Scripted([TRADE | {"id": number, "time": AT_MS + number} for number in (1, 2, 3)])
    found = History(BinanceSpot(), ask).fills_since(
        "BTC/USDT", AT_MS + 2, AT_MS + 400 * DAY_MS, Lane.POLL
    )
    assert [fill.trade_id for fill in found] == ["2", "3"]
    (request,) = ask.asked
    assert not {"startTime", "endTime", "fromId"} & set(request.parameters)


def test_a_full_page_of_the_newest_is_not_trusted() -> None:
    """Whichever end of a history an exchange cuts off: the days are asked one by one."""
    many = [TRADE | {"id": number, "orderId": number} for number in range(PAGE_ROWS)]
    ask = Scripted(many, [])
    found = History(BinanceSpot(), ask).fills_since(
        "BTC/USDT", AT_MS - 2 * DAY_MS, AT_MS, Lane.POLL
    )
    assert found == ()
    starts = [request.parameters.get("startTime") for request in ask.asked]
    assert starts == [None, *(AT_MS - days * DAY_MS for days in (2, 1, 0))]
