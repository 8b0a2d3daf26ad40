"""Where every position must be covered: what no plan and no stop of ours covers is told."""

from __future__ import annotations

import pytest

from engine.domain.events import EventKind
from engine.execution.protection.unprotected import find_unprotected
from tests.desk import Desk
from tests.integration.protection.scenes import enter, kinds

pytestmark = pytest.mark.integration


def test_a_position_without_plan_or_stop_is_told_once(desk: Desk) -> None:
    """It is named at every look, and a person is told once an hour."""
    desk.place(quantity="0.2")
    desk.deliver()
    assert find_unprotected(desk.context) == ("BTC/USDT",)
    assert find_unprotected(desk.context) == ("BTC/USDT",)
    assert kinds(desk).count(EventKind.POSITION_UNPROTECTED) == 1
    assert kinds(desk).count(EventKind.ALARM) == 1


def test_a_plan_covers_a_position(desk: Desk) -> None:
    """Whether its orders are there is the plan's own affair, which has alarms of its own."""
    enter(desk)
    assert find_unprotected(desk.context) == ()


def test_what_is_held_beyond_a_plan_is_told(desk: Desk) -> None:
    """A plan of 0.2 does not speak for the 0.4 that came without one."""
    enter(desk)
    desk.place(quantity="0.4")
    desk.deliver()
    assert find_unprotected(desk.context) == ("BTC/USDT",)


def test_a_stop_that_nobody_planned_covers_what_it_may_close(desk: Desk) -> None:
    """As after the loss of the store: the order is known, its plan is not."""
    desk.place(quantity="0.4")
    desk.deliver()
    desk.place(side="sell", order_type="stop", quantity="0.2", trigger_price="90")
    desk.deliver()
    assert find_unprotected(desk.context) == ("BTC/USDT",)
    desk.place(side="sell", order_type="stop", quantity="0.1996", trigger_price="91")
    desk.deliver()
    assert find_unprotected(desk.context) == ()
