"""A position above the largest market order is closed whole: several orders, one group."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.signal import Signal, SignalStatus, SignalType
from engine.ports import OrderFilter
from engine.signal_processor import LiveSignalProcessor
from tests.desk import Desk
from tests.integration.futures.test_signals import own_orders, quantity, record_of, send, settle
from tests.integration.futures.test_trading import SYMBOL, differences, shown

D = Decimal
T = SignalType
#: The exchange takes market orders of 120 BTC and limit orders of 1000.
LARGEST = D(120)


def hold(desk: Desk, side: str, amount: str) -> None:
    """Hold so much, by one limit order that trades at once."""
    price = "101" if side == "buy" else "99"
    order = desk.place(SYMBOL, side, order_type="limit", price=price, quantity=amount)
    desk.deliver().sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED


def closing_orders(desk: Desk) -> list[Order]:
    return [
        one for one in desk.context.store.list_orders(OrderFilter.RECENT) if one.terms.reduce_only
    ]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_all_of_a_large_position_is_closed(desk: Desk, side: str) -> None:
    """900 need eight orders of 120; they are of one size, of one group, and nothing stays."""
    hold(desk, side, "900")
    record = send(desk, T.CLOSE)
    orders = closing_orders(desk)
    assert record.status is SignalStatus.ORDERED
    assert "8 market orders" in record.message
    assert [one.terms.quantity for one in orders] == [D("112.5")] * 8
    assert {one.group_id for one in orders} == {record.client_order_id}
    assert {one.status for one in orders} == {OrderStatus.FILLED}
    assert quantity(desk) == 0
    assert differences(desk) == {}


def test_a_close_in_pieces_is_acted_on_once(desk: Desk) -> None:
    """The same signal, delivered again before and after its orders: none is added."""
    hold(desk, "buy", "250")
    send(desk, T.CLOSE)
    record = record_of(desk)
    hold(desk, "buy", "130")  # Another position, which the old signal does not mean
    received = type(record)(signal=record.signal)  # As if the process had ended before the note
    desk.engine.store.save_signal("desk:wish", received, only_new=False)
    desk.messages.process_signal("desk", "desk:wish")
    again = settle(desk)
    assert again.client_order_id == record.client_order_id
    assert len(closing_orders(desk)) == 3
    assert quantity(desk) == 130


@pytest.mark.parametrize("held", ["100", "500"])
def test_a_lost_store_does_not_close_twice(desk: Desk, held: str) -> None:
    """It would take one order now, or five, and took three: the first bears the key at any."""
    hold(desk, "buy", "250")
    send(desk, T.CLOSE)
    hold(desk, "buy", held)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    before = len(own_orders(desk))
    send(desk, T.CLOSE)
    assert len(own_orders(desk)) == before
    assert quantity(desk) == D(held)


def test_reverse_waits_for_every_piece(desk: Desk) -> None:
    """The other side is opened when all of them are settled and nothing is held."""
    hold(desk, "buy", "300")
    record = send(desk, T.REVERSE)
    assert record.status is SignalStatus.ORDERED
    assert [one.terms.quantity for one in closing_orders(desk)] == [D(100)] * 3
    assert quantity(desk) < 0
    assert differences(desk) == {}


def test_a_reverse_of_which_a_piece_is_unsettled_opens_nothing(desk: Desk) -> None:
    """Two of three are filled, the third is not sent yet: the signal waits."""
    hold(desk, "buy", "300")
    wish = Signal(symbol="BTCUSDT", signal_type=T.REVERSE, key="wish", budget=D(10_000))
    LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    (signal,) = desk.messages.take()
    desk.carry_out(signal)
    first, second, third = desk.messages.take()
    for message in (first, second, signal):
        desk.carry_out(message)
    assert record_of(desk).status is SignalStatus.RECEIVED
    assert D(shown(desk)["quantity"]) == 100
    desk.messages.waiting.append(third)
    assert settle(desk).status is SignalStatus.ORDERED
    assert quantity(desk) < 0


def test_more_than_a_group_may_have_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as a group has are placed; the record names what stays, and a second ends it."""
    monkeypatch.setattr("engine.execution.signalling.closing.MOST_ORDERS", 3)
    hold(desk, "buy", "400")
    record = send(desk, T.CLOSE)
    assert record.status is SignalStatus.ORDERED
    assert "3 market orders" in record.message
    assert "40 BTC" in record.message
    assert quantity(desk) == 40
    assert send(desk, T.CLOSE, "again").status is SignalStatus.ORDERED
    assert quantity(desk) == 0
