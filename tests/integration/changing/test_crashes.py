"""A process that dies before any one of its writes: what it was about is done once, or not lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from engine.domain.changing import Chase
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.looks import sweep
from tests.integration.changing.market import TICK_MS, Market
from tests.integration.execution.interrupting import interrupted_engine

pytestmark = pytest.mark.integration
S = OrderStatus

#: The quick run dies at every so manyth command of each story, the slow one at every one.
STRIDE = 9
#: More sweeps than anything here takes to be brought back.
SWEEPS = 10


class Killed(BaseException):
    """The process is gone: nothing of it may be caught."""


def die() -> None:
    raise Killed


def change(market: Market) -> Order:
    """A resting order that was partly filled is to be moved."""
    order = market.rest()
    market.fill(order, "0.4")
    market.modify(order, price="99.60")
    return order


def move(market: Market) -> Order:
    """A chased order has been overtaken."""
    market.set_touch("99.90", "100.00")
    order = market.place("limit", "1", chase=Chase(most_away=Decimal(5)))
    market.deliver().set_touch("100.10", "100.20")
    return order


def set_off(market: Market) -> Order:
    """The price has come back to a trailing stop that we watch."""
    market.place("market", "1")
    market.deliver()
    order = market.place("trailing_stop", "0.9", side="sell", trailing_rate=1)
    for bid in ("100.00", "110.00"):
        market.set_touch(bid, "111.00")
        market.pass_time()
    market.set_touch("105.00", "111.00")
    return order


def assert_replaced(market: Market, order: Order, left: str) -> None:
    """One successor rests for what is left, and nothing else does."""
    old, new = market.chain(order)
    assert (old.status, new.status) == (S.CANCELED, S.ACCEPTED)
    assert new.quantity == Decimal(left)
    assert len(market.open_orders()) == 1


def assert_sold(market: Market, order: Order) -> None:
    """One market order sold it."""
    assert market.order(order).status is S.FILLED
    assert len(market.exchange_orders()) == 2


STORIES: dict[str, tuple[Callable[[Market], Order], Callable[[Market, Order], None]]] = {
    "change": (change, lambda market, order: assert_replaced(market, order, "0.6")),
    "move": (move, lambda market, order: assert_replaced(market, order, "1")),
    "set off": (set_off, assert_sold),
}


def die_at(market: Market, command: int) -> bool:
    """Do what is due in a process that dies before that command; tell whether it came so far."""
    desk, own = market.desk, market.desk.engine
    desk.clock.pass_time(TICK_MS)
    with interrupted_engine(desk, command, die) as (engine, client):
        desk.engine = engine
        try:
            sweep.watch_account(desk.context)
            desk.deliver()
        except Killed:
            pass
        finally:
            desk.engine = own
        desk.messages.take()
        return client.sent >= command


def recover(market: Market) -> None:
    """Let every lease end and every sweep do its part, while what was recorded is not too old."""
    for _ in range(SWEEPS):
        market.pass_time(6_000)


def tell(market: Market, story: str, command: int) -> bool:
    """Live through the story with one death; compare the end; tell whether somebody died."""
    begin, check = STORIES[story]
    order = begin(market)
    has_died = die_at(market, command)
    recover(market)
    check(market, order)
    market.assert_equal()
    market.desk.orders.cancel_all_orders(wait=False)
    market.deliver()
    return has_died


@pytest.mark.parametrize("command", range(3, 3 + 5 * STRIDE, STRIDE))
@pytest.mark.parametrize("story", STORIES)
def test_a_death_here_and_there(spot: Market, story: str, command: int) -> None:
    """Some of the points, in every run."""
    tell(spot, story, command)


@pytest.mark.slow
@pytest.mark.parametrize("command", range(1, 90))
@pytest.mark.parametrize("story", STORIES)
def test_a_death_before_every_command(spot: Market, story: str, command: int) -> None:
    """Every point; beyond the last one nobody dies."""
    tell(spot, story, command)


@pytest.mark.parametrize("command", [9, 25])
def test_a_death_on_futures(market: Market, command: int) -> None:
    """The same path on the other market."""
    tell(market, "change", command)
