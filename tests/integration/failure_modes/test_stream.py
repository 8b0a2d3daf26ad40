"""A user stream that lies changes how soon something is known, never what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order import Order, OrderStatus
from engine.execution import submission
from engine.execution.cancellation import request_cancel
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import LIMIT, alarms
from tests.listening import PATIENCE_S, Ear
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus

#: What is done to every message of the account, or to some of them.
LIES: dict[str, dict[str, object]] = {
    "dropped": {"action": "drop", "count": None, "probability": 0.5, "seed": 3},
    "repeated": {"action": "repeat", "count": None, "times": 3},
    "reordered": {"action": "reorder", "count": None, "probability": 0.5, "seed": 5},
    "delayed": {"action": "delay", "count": None, "delay_ms": 150, "probability": 0.5, "seed": 7},
    "cut off": {"action": "disconnect", "count": 3, "probability": 0.5, "seed": 11},
    "silent": {"action": "silence", "count": 1, "delay_ms": 60_000},
}


def rest(desk: Desk, price: str) -> Order:
    placed = desk.place(order_type="limit", quantity=1, price=Decimal(price))
    desk.deliver()
    return desk.order(placed.client_order_id)


def live_through(desk: Desk) -> list[Order]:
    """Fill one order in parts, one at once, cancel one that is partly filled."""
    slow, canceled, quick = rest(desk, "99.50"), rest(desk, "99.40"), desk.place(quantity=1)
    desk.deliver()
    for _ in range(5):
        for order in (slow, canceled):
            desk.paper.control.fill(
                "BTCUSDT", client_order_id=order.client_order_id, quantity="0.1"
            )
    request_cancel(desk.context, canceled.client_order_id)
    desk.deliver()
    desk.paper.control.fill("BTCUSDT", client_order_id=slow.client_order_id)
    return [slow, canceled, quick]


@pytest.mark.parametrize("lie", LIES)
def test_a_stream_that_lies(desk: Desk, lie: str) -> None:
    """Whatever arrives, the polls find the same end and the ledger has each trade once."""
    with Ear(desk) as ear:
        ear.await_live()
        desk.paper.control.add_stream_fault(stream="user", uid=desk.uid, **LIES[lie])
        orders = live_through(desk)
        eventually(lambda: desk.paper.control.stream_fault_hits()[0], timeout_s=PATIENCE_S)
        desk.sweep().sweep()
        ends = [desk.order(order.client_order_id) for order in orders]
        assert [order.status for order in ends] == [S.FILLED, S.CANCELED, S.FILLED]
        assert [order.filled_quantity for order in ends] == [1, Decimal("0.5"), 1]
        desk.paper.control.clear_faults()
    assert alarms(desk) == []
    assert_equal_to_exchange(desk)


def test_the_stream_is_quicker_than_the_answer(desk: Desk) -> None:
    """A fill that is told before the order's own answer finds its order, once."""
    with Ear(desk) as ear:
        ear.await_live()
        order = desk.place(quantity=Decimal("0.8"))
        desk.messages.waiting.clear()
        desk.paper.control.add_fault(command="order.place", delay_after_ms=1_500)
        submission.submit_order(desk.context, order.client_order_id)
        told = desk.context.store.load_timeline(order.client_order_id)
        kinds = [event.kind for event in told]
        assert kinds.index("order_filled") < kinds.index("attempt"), kinds
    assert desk.deliver().order(order.client_order_id).is_settled
    assert_equal_to_exchange(desk)


def test_many_fills_between_two_looks_at_the_stream(desk: Desk) -> None:
    """Each of a burst is booked from the stream itself: no question is asked."""
    order = desk.place(**LIMIT)
    desk.deliver()
    with Ear(desk) as ear:
        ear.await_live()
        desk.paper.control.clear_stats()
        for _ in range(20):
            desk.paper.control.fill(
                "BTCUSDT", client_order_id=order.client_order_id, quantity="0.05"
            )
        name = order.client_order_id
        eventually(lambda: desk.order(name).is_settled, timeout_s=PATIENCE_S)
        assert len(desk.order(name).fills) == 20
        assert desk.paper.control.stats()["requests"] == {}
    assert_equal_to_exchange(desk)
