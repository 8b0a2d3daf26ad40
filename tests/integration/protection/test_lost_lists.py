"""Two orders of one list, of which a loss has taken the record: what is known of one tells both."""

from __future__ import annotations

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import OrderStatus
from engine.domain.protection import LegRole
from engine.errors import ExchangeUnavailable
from engine.execution.doubt.sighting import find_beside
from engine.execution.ending.cancellation import cancel_order
from engine.execution.protection.protecting import protect_account
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.execution.test_review import lose_writes
from tests.integration.protection.scenes import enter, open_at_exchange, plan_of
from tests.integration.protection.test_lost_steps import age_opening, enter_bare
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration


def test_a_lost_list_that_was_cancelled_is_known_whole(
    desk: Desk, redis_server: RedisServer
) -> None:
    """Our cancel of the target had the exchange rename the stop: it is no order that never was."""
    entry = enter_bare(desk)
    legs: dict[LegRole, str] = {}

    def place_and_cancel() -> None:
        protect_account(desk.context)
        desk.deliver()
        legs.update((leg.role, leg.client_order_id) for leg in plan_of(desk, entry).legs)
        desk.orders.cancel_order(legs[LegRole.TARGET], wait=False)
        cancel_order(desk.context, legs[LegRole.TARGET])

    age_opening(desk)
    lose_writes(desk, redis_server, place_and_cancel)
    reconcile.reconcile(desk.context)
    desk.age_loss()
    for _ in range(3):
        protect_account(desk.context)
        desk.deliver()
    assert desk.order(legs[LegRole.TARGET]).status is OrderStatus.CANCELED
    assert desk.order(legs[LegRole.STOP]).status is OrderStatus.CANCELED
    assert set(open_at_exchange(desk)) == {"STOP_LOSS", "LIMIT_MAKER"}
    assert plan_of(desk, entry).round == 2


def test_a_list_that_is_not_shown_yet_is_no_absence(desk: Desk) -> None:
    """Where the exchange has one order of a list it has the other, even if its queries lag."""
    stop, target = plan_of(desk, enter(desk)).legs
    names = (stop.client_order_id, target.client_order_id)
    desk.paper.control.set_read_lag(60_000)
    with pytest.raises(ExchangeUnavailable):
        find_beside(desk.context, *names, Lane.SUBMIT)
    desk.paper.control.set_read_lag(0)
    found = find_beside(desk.context, *names, Lane.SUBMIT)
    assert found is not None
    assert found.client_order_id == stop.client_order_id


def test_nothing_stands_beside_an_order_that_was_sent_alone(desk: Desk) -> None:
    """An earlier plan may have sent a leg of the same id alone: nobody waits for another."""
    order = desk.place(order_type="limit", price="95", quantity="0.2")
    desk.deliver()
    names = ("auga1another", order.client_order_id)
    assert find_beside(desk.context, *names, Lane.SUBMIT) is None
