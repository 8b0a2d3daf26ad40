"""Trades beyond what the exchange says of an order that has ended."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.execution.booking.fills import LATE_TRADES_MS, book_symbol_fills
from engine.execution.booking.ownership import take_report
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration
LIMIT: dict[str, Any] = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


def end_with_a_trade_unseen(desk: Desk) -> str:
    """Hear of an end as it was before the last trade, then read that trade."""
    name = desk.place(**LIMIT).client_order_id
    desk.deliver()
    desk.paper.control.fill("BTCUSDT", client_order_id=name, quantity="0.25")
    desk.sweep()
    seen = desk.context.gateway.find_order("BTC/USDT", client_order_id=name, lane=Lane.POLL)
    assert seen is not None
    desk.paper.control.fill("BTCUSDT", client_order_id=name, quantity="0.25")
    desk.paper.control.expire("BTCUSDT", client_order_id=name)
    take_report(desk.context, replace(seen, status=OrderStatus.EXPIRED))
    book_symbol_fills(desk.context, "BTC/USDT", Lane.POLL)
    return name


def test_a_final_word_older_than_the_trades_is_asked_for_again(desk: Desk) -> None:
    """The order stays visibly unsettled until the two agree."""
    name = end_with_a_trade_unseen(desk)
    order = desk.order(name)
    assert (order.filled_quantity, order.reported_filled_quantity) == (
        Decimal("0.5"),
        Decimal("0.25"),
    )
    assert not order.is_settled
    desk.clock.pass_time(10_000)
    desk.sweep()
    assert desk.order(name).reported_filled_quantity == Decimal("0.5")
    assert desk.order(name).is_settled
    assert_equal_to_exchange(desk)


def test_an_exchange_that_insists_on_less_is_told_to_a_person(desk: Desk) -> None:
    """Nothing is settled silently on a contradiction; its trades are booked all the same."""
    name = end_with_a_trade_unseen(desk)
    told = {"symbol": "BTCUSDT", "orderId": 1, "clientOrderId": name, "status": "EXPIRED"}
    told |= {"type": "LIMIT", "side": "BUY", "timeInForce": "GTC", "price": "99.5"}
    told |= {"origQty": "1", "executedQty": "0.25", "cummulativeQuoteQty": "24.875"}
    now_ms = desk.clock.now_ms()
    body = json.dumps(told | {"time": now_ms, "updateTime": now_ms})
    desk.paper.control.answer_status(200, body, command="order.status", count=None)
    for _ in range(3):
        desk.clock.pass_time(LATE_TRADES_MS)
        desk.sweep()
    assert not desk.order(name).is_settled
    (alarm,) = [one for one in desk.context.store.read_events("0") if one.kind == EventKind.ALARM]
    assert alarm.client_order_id == name
    desk.paper.control.clear_faults()
    desk.clock.pass_time(LATE_TRADES_MS)
    desk.sweep()
    assert desk.order(name).is_settled
    assert_equal_to_exchange(desk)
