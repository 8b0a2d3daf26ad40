"""A user stream that lies changes how soon something is known, never what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.execution import submission
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import LIMIT
from tests.listening import PATIENCE_S, Ear
from tests.waiting import eventually

pytestmark = pytest.mark.integration


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
