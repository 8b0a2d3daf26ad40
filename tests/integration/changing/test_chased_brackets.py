"""A chased entry with a stop: whatever the chase comes to, what it fills is guarded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.changing import Chase
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.protection import Protection, ProtectionState
from engine.execution.protection.protecting import protect_account
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus


def test_a_plan_waits_for_a_chase_that_is_tried_again(market: Market) -> None:
    """The exchange refused the first order; a look at the plan comes before the second is there."""
    market.set_touch("99.90", "100.00")
    first = market.place("limit", "1", chase=Chase(), stop_loss=Decimal("90"))
    market.set_touch("99.70", "99.80")  # Its price would now take an ask
    messages = market.desk.messages
    while messages.waiting:
        message = messages.waiting.popleft()
        if message[0] == "replace":
            protect_account(market.desk.context)
        market.desk.carry_out(message)
    market.pass_time()
    last = market.newest(first)
    assert market.order(first).status in {S.REJECTED, S.EXPIRED}
    assert last.status is S.ACCEPTED
    market.fill(last, "1")
    market.desk.sweep()
    assert _stops(market) == ["NEW"]


def test_a_plan_is_over_with_its_chase(spot: Market) -> None:
    """The end is wished while the chase waits for a price: nothing follows, nothing is guarded."""
    spot.set_touch("99.90", "100.00")
    first = spot.place("limit", "1", chase=Chase(), stop_loss=Decimal("90"))
    spot.set_touch("99.70", "99.80")
    messages = spot.desk.messages
    while messages.waiting:
        message = messages.waiting.popleft()
        if message[0] != "replace":
            spot.desk.carry_out(message)
    assert _plan(spot, first).state is ProtectionState.ACTIVE
    spot.desk.orders.cancel_order(first.client_order_id, wait=False)
    spot.deliver()
    protect_account(spot.desk.context)
    assert _plan(spot, first).state is ProtectionState.DONE
    assert spot.chain(first) == (spot.order(first),)


def _plan(market: Market, entry: Order) -> Protection:
    stored = market.desk.context.store.find_protection(entry.client_order_id)
    assert stored is not None
    return stored.value


def _stops(market: Market) -> list[str]:
    """Return how the exchange has the account's stops."""
    if market.is_spot:
        kept, kind = market.exchange_orders(), "STOP_LOSS"
    else:
        kept, kind = market.control.ledger()["algo_orders"], "STOP_MARKET"
    mine = [one for one in kept if one["uid"] == market.desk.uid]
    return [one["status"] for one in mine if kind in (one.get("type"), one.get("order_type"))]
