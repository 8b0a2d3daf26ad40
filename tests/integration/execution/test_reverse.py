"""REVERSE: close, then open the other side; a crash between the two changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.end_reason import Reason
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.execution.context import AccountContext
from engine.execution.signalling import signals
from engine.execution.signalling.reversing import ON_SPOT, opening, reverse
from engine.ports import Gateway
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from tests.builders import build_terms
from tests.desk import Desk

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class AsSwap:
    """A gateway whose instruments say that shorts can be held; all else is the real one."""

    real: Gateway

    def load_instruments(self, lane: Lane = Lane.MARKET_DATA) -> tuple[Instrument, ...]:
        return tuple(replace(one, market_type="swap") for one in self.real.load_instruments(lane))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def send(desk: Desk, key: str = "turn") -> SignalReceipt:
    wish = Signal(symbol="BTCUSDT", signal_type=SignalType.REVERSE, key=key)
    return LiveSignalProcessor(engine=desk.engine).process_signal(wish)


def find(desk: Desk, receipt: SignalReceipt) -> SignalRecord:
    record = desk.engine.store.find_signal(receipt.signal_id)
    assert record is not None
    return record


def test_on_spot_a_long_is_closed_and_nothing_is_opened(desk: Desk) -> None:
    """One sale of all that is held, and a sentence that says why there is no short."""
    desk.place(quantity=1)
    desk.deliver().sweep()
    receipt = send(desk)
    desk.deliver().sweep()
    record = find(desk, receipt)
    assert (record.status, record.message) == (SignalStatus.ORDERED, ON_SPOT)
    assert [order["side"] for order in desk.exchange_orders()] == ["BUY", "SELL"]
    held = desk.position()
    assert held is not None
    assert held.net_quantity < Decimal("0.0001")


def test_a_repeat_is_dropped_and_said_to_be_one(desk: Desk) -> None:
    """The same key, sent and delivered again, changes nothing."""
    desk.place(quantity=1)
    desk.deliver().sweep()
    first = send(desk)
    desk.deliver().sweep()
    again = send(desk)
    desk.messages.process_signal("desk", first.signal_id)
    desk.deliver().sweep()
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.record == find(desk, first)
    assert len(desk.exchange_orders()) == 2


def test_where_nothing_is_held_there_is_nothing_to_reverse(desk: Desk) -> None:
    """It is denied as a CLOSE would be, and nothing is opened."""
    receipt = send(desk)
    desk.deliver().sweep()
    record = find(desk, receipt)
    assert (record.status, record.code) == (SignalStatus.DENIED, "ALREADY_FLAT")
    assert desk.exchange_orders() == []


Placed = tuple[AccountContext, list[Signal], Callable[[AccountContext, Signal], tuple[Order, ...]]]


@pytest.fixture
def placing(desk: Desk) -> Placed:
    """Closes are placed for real; what opens the other side is written down."""
    asked: list[Signal] = []

    def place(context: AccountContext, wish: Signal) -> tuple[Order, ...]:
        asked.append(wish)
        if not wish.key.endswith("/open"):
            return signals.orders_for(desk.context, wish)
        (closing,) = signals.orders_for(desk.context, asked[0])
        return (replace(closing, client_order_id="opened", status=OrderStatus.INITIALIZED),)

    context = replace(desk.context, gateway=AsSwap(desk.context.gateway))
    return context, asked, place


def received(desk: Desk) -> SignalRecord:
    desk.place(quantity=1)
    desk.deliver().sweep()
    return find(desk, send(desk))


def test_the_other_side_waits_for_the_fills_of_the_first(desk: Desk, placing: Placed) -> None:
    """Looked at again and again, by whom ever: one close, then one opening, on the other side."""
    context, asked, place = placing
    record = received(desk)
    for _ in range(3):
        waiting = reverse(context, record, place)
        assert waiting.status is SignalStatus.RECEIVED
        assert waiting.closing_order_id is not None
    desk.messages.waiting = type(desk.messages.waiting)(
        message for message in desk.messages.waiting if message[0] != "signal"
    )
    desk.deliver().sweep()
    done = reverse(context, record, place)  # As after a crash: nothing but the first record
    assert (done.status, done.client_order_id) == (SignalStatus.ORDERED, "opened")
    assert (asked[-1].signal_type, asked[-1].key) == (SignalType.SHORT, "turn/open")
    assert [order["side"] for order in desk.exchange_orders()] == ["BUY", "SELL"]


def test_what_was_not_closed_is_not_reversed(desk: Desk, placing: Placed) -> None:
    """A close that ended without its fills leaves the position as it is, and says so."""
    context, asked, place = placing
    record = received(desk)

    def ends_unfilled(context: AccountContext, wish: Signal) -> tuple[Order, ...]:
        (order,) = place(context, wish)
        return (replace(order, status=OrderStatus.REJECTED, reason=Reason(code="-2010")),)

    ended = reverse(context, record, ends_unfilled)
    assert (ended.status, ended.code) == (SignalStatus.DENIED, "NOT_CLOSED")
    assert "rejected" in ended.message
    assert [wish.signal_type for wish in asked] == [SignalType.CLOSE]


def test_an_opening_that_risk_denies_says_why(desk: Desk, placing: Placed) -> None:
    """Half is done then; the signal tells what became of the other half."""
    context, _, place = placing
    record = received(desk)
    reverse(context, record, place)
    desk.messages.waiting = type(desk.messages.waiting)(
        message for message in desk.messages.waiting if message[0] != "signal"
    )
    desk.deliver().sweep()
    desk.clock.pass_time(120_000)  # Older than a signal may be
    ended = reverse(
        context,
        record,
        lambda context, wish: signals.orders_for(desk.context, wish),
    )
    assert (ended.status, ended.code) == (SignalStatus.DENIED, "STALE_SIGNAL")
    assert ended.closing_order_id is not None


@pytest.mark.parametrize(
    ("closed_by", "opened"), [(Side.SELL, SignalType.SHORT), (Side.BUY, SignalType.LONG)]
)
def test_the_other_side_follows_from_what_closed(closed_by: Side, opened: SignalType) -> None:
    """What was sold away was long: the position itself is gone by then."""
    wish = Signal(symbol="BTC/USDT", signal_type=SignalType.REVERSE, key="turn")
    second = opening(wish, build_terms(side=closed_by))
    assert (second.signal_type, second.key) == (opened, "turn/open")


def test_half_a_reverse_is_not_given_up_by_the_sweep(desk: Desk) -> None:
    """What risk says of the second half ends it, not the time that a first half would have."""
    record = received(desk)
    half = replace(record, closing_order_id="somewhere")
    desk.engine.store.save_signal("desk:turn", half, only_new=False)
    desk.messages.take()
    desk.clock.pass_time(600_000)
    signals.hand_over_waiting(desk.engine.store, desk.messages, desk.clock)
    assert find(desk, SignalReceipt(signal_id="desk:turn", record=half)).status == "received"
    assert ("signal", ("desk", "desk:turn")) in desk.messages.waiting
