"""An emergency stop in the middle of a change: what was to take an order's place never comes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from engine.domain.changing import Chase, ChaseEnd
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.changes import change_order
from engine.execution.changing.succession import decide
from engine.execution.stopping import emergency, trading
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration

SLICE_MS = 30_000


def end_for_a_change(market: Market) -> Order:
    """A resting order is to be moved; it has ended, and its workers died before the next one."""
    order = market.rest()
    market.modify(order, price="99.60")
    return _end_alone(market, order)


def end_for_the_market(market: Market) -> Order:
    """A chase has come to its bound: the rest is to be bought at market."""
    market.set_touch("99.90", "100.00")
    bounds = Chase(most_away=Decimal("0.02"), then=ChaseEnd.MARKET)
    order = market.place("limit", "1", chase=bounds)
    market.deliver().set_touch("100.10", "100.20")
    market.desk.clock.pass_time(1_000)
    market.desk.carry_out(("follow", ("desk", market.symbol)))
    return _end_alone(market, order)


def _end_alone(market: Market, order: Order) -> Order:
    market.desk.messages.take()
    market.desk.carry_out(("cancel", ("desk", order.client_order_id)))
    market.desk.messages.take()
    ended = market.order(order)
    assert ended.status is OrderStatus.CANCELED
    assert ended.replacement is not None
    assert not ended.replacement.is_over
    return ended


@pytest.mark.parametrize("is_decided", [False, True])
@pytest.mark.parametrize("begin", [end_for_a_change, end_for_the_market])
def test_nothing_takes_the_place_after_an_emergency(
    market: Market, begin: Callable[[Market], Order], is_decided: bool
) -> None:
    """The stop finds no open order, and yet one was to come: not after the resume either."""
    order, context = begin(market), market.desk.context
    if is_decided:
        change_order(context, order.client_order_id, decide)
    before = len(market.exchange_orders())

    emergency.begin_emergency(context, "a test")
    run = emergency.work_emergency(context, SLICE_MS)
    assert run is not None
    assert run.is_clean, run.problems
    trading.resume(context)
    for _ in range(5):
        market.pass_time(3_000)

    assert len(market.exchange_orders()) == before
    assert len(market.chain(order)) == 1
