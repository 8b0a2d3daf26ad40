"""Orders that end, or seem to, in every way that is not a plain fill."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from engine.execution.looks import sweep
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import LIMIT, alarms
from tests.integration.markets import later_on_both_markets

pytestmark = pytest.mark.integration
S = OrderStatus


def of_cancels(desk: Desk) -> dict[str, str]:
    return {"method": "DELETE", "path": desk.order_path}


def rest(desk: Desk, price: str = "99.50", filled: str = "") -> Order:
    """Return an order that works at the exchange, a part of it filled where so said."""
    placed = desk.place(order_type="limit", quantity=1, price=Decimal(price))
    desk.deliver()
    if filled:
        desk.control.fill("BTCUSDT", client_order_id=placed.client_order_id, quantity=filled)
    return desk.order(placed.client_order_id)


@later_on_both_markets
def test_a_market_order_that_eats_the_book(desk: Desk) -> None:
    """What nobody offers expires; the part that was there is booked and final."""
    order = desk.place(quantity=2)
    desk.control.set_book("BTCUSDT", [("99.99", "1")], [("100.00", "0.7")])
    done = desk.deliver().sweep().order(order.client_order_id)  # One look may meet a hiccup
    assert (done.status, done.filled_quantity) == (S.EXPIRED, Decimal("0.7"))
    assert done.is_settled
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("status", ["EXPIRED", "EXPIRED_IN_MATCH"])
@pytest.mark.parametrize("filled", ["", "0.4"])
def test_an_order_that_the_exchange_ends_itself(desk: Desk, status: str, filled: str) -> None:
    """Maintenance, delisting, a trade with oneself prevented: final, with what was filled."""
    order = rest(desk, filled=filled)
    desk.control.expire("BTCUSDT", client_order_id=order.client_order_id, status=status)
    done = desk.sweep().sweep().order(order.client_order_id)  # A fill is news: then once more
    assert (done.status, done.filled_quantity) == (S.EXPIRED, Decimal(filled or 0))
    assert done.is_settled
    told = [message for message in alarms(desk) if "another order of the account" in message]
    assert len(told) == (status == "EXPIRED_IN_MATCH")
    assert desk.context.store.load_risk_book().reservations == ()
    assert_equal_to_exchange(desk)


@later_on_both_markets
@pytest.mark.parametrize("is_done", [True, False])
def test_a_cancel_whose_answer_is_lost(punctual: Desk, is_done: bool) -> None:
    """Done or not, the sweep asks again until the order has ended; nothing is guessed meanwhile."""
    desk, order = punctual, rest(punctual, filled="0.4")
    desk.paper.control.add_fault(**of_cancels(desk), answer="drop", effect=is_done)
    request_cancel(desk.context, order.client_order_id)
    seen = desk.deliver().order(order.client_order_id)
    assert seen.status is (S.CANCELED if is_done else S.PARTIALLY_FILLED)
    for _ in range(2):
        desk.clock.pass_time(60_000)
        sweep.watch_due_orders(desk.context)
        desk.deliver()
    done = desk.order(order.client_order_id)
    assert (done.status, done.filled_quantity) == (S.CANCELED, Decimal("0.4"))
    asked = desk.paper.control.stats()["requests"][f"DELETE {desk.order_path}"]
    assert asked == (1 if is_done else 2)
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_a_cancel_that_comes_twice(desk: Desk) -> None:
    """The transport repeats a DELETE: -2011 to the second says nothing against the first."""
    order = rest(desk)
    body = '{"code":-2011,"msg":"Unknown order sent."}'
    desk.paper.control.add_fault(**of_cancels(desk), answer="status", status=400, body=body)
    request_cancel(desk.context, order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.CANCELED
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_an_older_answer_after_a_newer_one(desk: Desk) -> None:
    """A replica that lags cannot reopen an order, nor take a fill back."""
    partial, filled, canceled = rest(desk), rest(desk, "99.40"), rest(desk, "99.30")
    desk.paper.control.set_clock(60_000)
    desk.context.gateway.measure_clock()
    desk.control.fill("BTCUSDT", client_order_id=partial.client_order_id, quantity="0.4")
    desk.control.fill("BTCUSDT", client_order_id=filled.client_order_id)
    request_cancel(desk.context, canceled.client_order_id)
    desk.deliver().sweep()
    names = [order.client_order_id for order in (partial, filled, canceled)]
    before = [desk.order(name) for name in names]
    assert [order.status for order in before] == [S.PARTIALLY_FILLED, S.FILLED, S.CANCELED]
    desk.control.set_read_lag(30_000)  # All three rest again, nothing of them filled
    lagging = desk.context.gateway.load_open_orders(desk.symbol, Lane.POLL)
    assert {report.status for report in lagging} == {S.ACCEPTED}
    assert len(lagging) == 3
    desk.sweep()
    reconcile.reconcile(desk.context)
    after = [desk.order(name) for name in names]
    assert [(order.status, order.fills) for order in after] == [
        (order.status, order.fills) for order in before
    ]
    desk.control.set_read_lag(0)
    assert_equal_to_exchange(desk)


def test_everything_was_cancelled_while_nobody_watched(desk: Desk) -> None:
    """A switch for dead men, or a person, ended all: known before anything new is claimed."""
    orders = [rest(desk, price) for price in ("99.50", "99.40", "99.30")]
    for order in orders:
        desk.control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    desk.restart_engine()
    reconcile.reconcile(desk.context)
    assert {desk.order(order.client_order_id).status for order in orders} == {S.CANCELED}
    after = desk.place(**LIMIT)
    assert desk.deliver().order(after.client_order_id).status is S.ACCEPTED
    assert alarms(desk) == []
    assert_equal_to_exchange(desk)
