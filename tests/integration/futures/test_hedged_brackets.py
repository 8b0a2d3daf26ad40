"""Long and short of one contract at once, each with its own stop and target."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.derivative import PositionSide
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.protection import Protection, ProtectionState
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.futures.test_settings import hedge
from tests.integration.futures.test_trading import SYMBOL, WORD, differences

pytestmark = pytest.mark.integration
SIDES = {
    "long": {"side": "buy", "quantity": "2", "stop_loss": "90", "take_profit": "110"},
    "short": {"side": "sell", "quantity": "3", "stop_loss": "120", "take_profit": "80"},
}


def enter(desk: Desk, side: str) -> str:
    wish = SIDES[side] | {"position_side": side}
    order = desk.place(SYMBOL, **wish)
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED
    return order.client_order_id


def plan_of(desk: Desk, entry: str) -> Protection:
    stored = desk.context.store.find_protection(entry)
    assert stored is not None
    return stored.value


def legs(desk: Desk, entry: str) -> list[Order]:
    """Return the orders of a plan that work, the stop first."""
    plan = plan_of(desk, entry)
    found = [desk.order(leg.client_order_id) for leg in plan.legs]
    return [order for order in found if order.status in OPEN]


def held(desk: Desk, side: str) -> Decimal:
    return Decimal(desk.control.position(WORD, side.upper(), uid=desk.uid)["quantity"])


def test_each_side_is_guarded_and_ends_by_itself(desk: Desk) -> None:
    """The target of the long ends its stop and touches nothing of the short, whose stop ends it."""
    hedge(desk)
    entries = {side: enter(desk, side) for side in SIDES}
    for side, entry in entries.items():
        plan, orders = plan_of(desk, entry), legs(desk, entry)
        assert plan.position == f"{SYMBOL}#{side.upper()}"
        assert {one.quantity for one in orders} == {Decimal(SIDES[side]["quantity"])}
        assert {one.terms.position_side for one in orders} == {PositionSide(side)}
        assert len(orders) == 2
    desk.control.set_price(WORD, "111")
    desk.sweep()
    desk.sweep()
    assert plan_of(desk, entries["long"]).state is ProtectionState.DONE
    assert (held(desk, "long"), abs(held(desk, "short"))) == (0, 3)
    assert len(legs(desk, entries["short"])) == 2
    desk.control.set_price(WORD, "121")
    desk.sweep()
    desk.sweep()
    assert plan_of(desk, entries["short"]).state is ProtectionState.DONE
    assert held(desk, "short") == 0
    assert desk.orders.get_active_orders() == ()
    assert differences(desk) == {}


def test_legs_of_a_lost_plan_end_with_their_side(desk: Desk) -> None:
    """The store is lost: the stop of the long is gone once the long is, that of the short stays."""
    hedge(desk)
    for side in SIDES:
        enter(desk, side)
    desk.engine.store.client.read("FLUSHALL")
    desk.messages.waiting.clear()
    desk.open()
    reconcile.reconcile(desk.context)
    desk.deliver()
    assert len(desk.orders.get_active_orders()) == 4
    desk.control.set_price(WORD, "111")
    desk.sweep()
    assert held(desk, "long") == 0
    reconcile.reconcile(desk.context)
    desk.deliver()
    left = [desk.order(one.order_id) for one in desk.orders.get_active_orders()]
    assert {one.terms.position_side for one in left} == {PositionSide.SHORT}
