"""A user stream that lies changes how soon something is known, never what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.placing import submission
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import LIMIT
from tests.integration.markets import later_on_both_markets
from tests.listening import PATIENCE_S, QUICK, Ear
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus
#: Where questions are counted: a machine that stands still must not cost the lease.
CALM = QUICK.model_copy(update={"lease_ms": 30_000})
LIES = {"reorder": {"count": 1}, "repeat": {"count": 2, "times": 3}}


@later_on_both_markets
def test_the_stream_is_quicker_than_the_answer(desk: Desk) -> None:
    """A fill that is told before the order's own answer finds its order, once."""
    with Ear(desk, settings=CALM) as ear:
        ear.await_live()
        order = desk.place(quantity=Decimal("0.8"))
        desk.messages.waiting.clear()
        desk.control.add_fault(method="POST", path=desk.order_path, delay_after_ms=1_500)
        submission.submit_order(desk.context, order.client_order_id)
        told = desk.context.store.load_timeline(order.client_order_id)
        kinds = [event.kind for event in told]
        assert kinds.index("order_filled") < kinds.index("attempt"), kinds
    assert desk.deliver().order(order.client_order_id).is_settled
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_many_fills_between_two_looks_at_the_stream(desk: Desk) -> None:
    """Each of a burst is booked from the stream itself: no question is asked."""
    order = desk.place(**LIMIT)
    desk.deliver()
    with Ear(desk, settings=CALM) as ear:
        ear.await_live()
        desk.control.clear_stats()
        for _ in range(20):
            desk.control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity="0.05")
        name = order.client_order_id
        eventually(lambda: desk.order(name).is_settled, timeout_s=PATIENCE_S)
        assert len(desk.order(name).fills) == 20
        assert desk.control.stats()["requests"] == {}
    assert_equal_to_exchange(desk)


@later_on_both_markets
@pytest.mark.parametrize("lie", LIES)
def test_events_in_another_order_and_again(desk: Desk, lie: str) -> None:
    """The last fill is told before the one before it, or each is told four times."""
    name, last = (desk.place(**LIMIT).client_order_id for _ in range(2))
    desk.deliver()
    with Ear(desk, settings=CALM) as ear:
        ear.await_live()
        desk.control.clear_stats()
        rule = {"uid": desk.uid, "execution_type": "TRADE"} | LIES[lie]
        desk.control.add_stream_fault(lie, **rule)
        for quantity in ("0.4", "0.6"):
            desk.control.fill("BTCUSDT", client_order_id=name, quantity=quantity)
        desk.control.cancel("BTCUSDT", client_order_id=last)  # Told after all of it
        eventually(lambda: desk.order(last).status is S.CANCELED, timeout_s=PATIENCE_S)
        done = desk.order(name)
        assert (done.status, done.is_settled, len(done.fills)) == (S.FILLED, True, 2)
        assert len(desk.context.store.list_fills()) == 2
        assert desk.control.stats()["requests"] == {}
    assert desk.control.stream_fault_hits() == [LIES[lie]["count"]]
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("market_type", ["futures"], indirect=True)
def test_a_listen_key_that_expires(desk: Desk) -> None:
    """The stream stays open and falls silent: another begins, and what was filled is found."""
    name = desk.place(**LIMIT).client_order_id
    desk.deliver()
    with Ear(desk, settings=CALM) as ear:
        before = ear.await_live()
        desk.control.expire_listen_keys()
        desk.control.fill("BTCUSDT", client_order_id=name, quantity="0.4")
        eventually(lambda: ear.health.reconnects > before.reconnects, timeout_s=PATIENCE_S)
        ear.await_live()
        assert desk.order(name).filled_quantity == Decimal("0.4")
        desk.control.clear_stats()
        desk.control.fill("BTCUSDT", client_order_id=name, quantity="0.6")
        eventually(lambda: desk.order(name).is_settled, timeout_s=PATIENCE_S)
        assert desk.order(name).fills[-1].quantity == Decimal("0.6")
    assert_equal_to_exchange(desk)


def test_an_exchange_that_shuts_its_stream_down(desk: Desk) -> None:
    """It says so and hangs up; what was filled meanwhile is asked for, then heard again."""
    name = desk.place(**LIMIT).client_order_id
    desk.deliver()
    with Ear(desk, settings=CALM) as ear:
        before = ear.await_live()
        desk.control.add_stream_fault("drop", uid=desk.uid, execution_type="TRADE")
        desk.control.fill("BTCUSDT", client_order_id=name, quantity="0.4")
        assert desk.control.end_streams("serverShutdown", close=True) == 1
        eventually(lambda: ear.health.reconnects > before.reconnects, timeout_s=PATIENCE_S)
        ear.await_live()
        assert desk.order(name).filled_quantity == Decimal("0.4")
        desk.control.clear_stats()
        desk.control.fill("BTCUSDT", client_order_id=name, quantity="0.6")
        eventually(lambda: desk.order(name).is_settled, timeout_s=PATIENCE_S)
        assert desk.control.stats()["requests"] == {}
    assert_equal_to_exchange(desk)
