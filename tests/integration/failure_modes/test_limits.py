"""Too much traffic: refused, banned, told to be quiet; nothing is sent against it."""

from __future__ import annotations

import pytest

from engine.domain.order_status import OrderStatus
from engine.ports import WindowScope
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import (
    LIMIT,
    PAST_WINDOW_MS,
    alarms,
    error_body,
    submit_into,
)
from tests.integration.markets import later_on_both_markets
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, later_on_both_markets]
S = OrderStatus
THREE_DAYS_MS = 3 * 86_400_000


def asked(desk: Desk) -> int:
    return sum(desk.control.stats()["requests"].values())


def penalty_ms(desk: Desk, scope: WindowScope = WindowScope.ADDRESS) -> int:
    return desk.engine.budget("desk").penalty_ms(scope)


def test_429_quiets_every_worker_until_it_may_ask_again(desk: Desk) -> None:
    """Nothing is asked by anybody meanwhile; then the order goes out once."""
    too_much = {"status": 429, "body": error_body(-1003, "Too much request weight used.")}
    quiet = {"answer": "status", "effect": False, "headers": {"Retry-After": "2"}}
    order = submit_into(desk, quiet | too_much)
    assert (order.status, order.attempt) == (S.INITIALIZED, 1)
    desk.control.clear_stats()
    desk.restart_engine()  # Another worker hears of it, too
    desk.sweep()
    assert asked(desk) == 0
    eventually(lambda: desk.sweep().order(order.client_order_id).status is S.FILLED)
    assert desk.order(order.client_order_id).attempt == 2
    assert_equal_to_exchange(desk)


def test_418_quiets_every_worker_for_as_long_as_it_says(desk: Desk) -> None:
    """A ban of three days is obeyed: no order, no look, no cancel; the order is not lost."""
    resting = desk.place(**LIMIT)
    desk.deliver()
    banned = {"status": 418, "body": error_body(-1003, "Way too much request weight used.")}
    days = {"answer": "status", "effect": False, "headers": {"Retry-After": "259200"}}
    order = submit_into(desk, days | banned)
    assert order.status is S.INITIALIZED
    desk.control.clear_stats()
    desk.restart_engine()
    desk.orders.cancel_order(resting.client_order_id, wait=False)
    desk.deliver().sweep()
    assert asked(desk) == 0
    assert THREE_DAYS_MS - 60_000 < penalty_ms(desk) <= THREE_DAYS_MS
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    assert desk.order(order.client_order_id).status is S.INITIALIZED
    assert len(desk.exchange_orders()) == 1
    (alarm,) = alarms(desk)
    assert "418" in alarm
    assert "259200 s" in alarm


def test_a_firewall_before_the_exchange_quiets_every_worker(desk: Desk) -> None:
    """Its 403 says nothing about the order: in doubt, an alarm, and nothing asked for a while."""
    blocked = {"answer": "status", "status": 403, "body": "<html>Request blocked.</html>"}
    quiet = {"effect": False, "headers": {"Retry-After": "2"}}
    order = submit_into(desk, blocked | quiet)
    assert order.is_in_doubt
    desk.control.clear_stats()
    desk.restart_engine()
    desk.sweep()
    assert asked(desk) == 0
    (alarm,) = alarms(desk)
    assert "403" in alarm
    desk.control.set_clock(PAST_WINDOW_MS)
    eventually(lambda: not desk.sweep().order(order.client_order_id).is_in_doubt)
    ended = desk.order(order.client_order_id)
    assert (ended.status, ended.reason and ended.reason.code) == (S.REJECTED, "NOT_PLACED")
    assert_equal_to_exchange(desk)


def test_too_many_orders_holds_back_the_accounts_orders_alone(desk: Desk) -> None:
    """-1015 is about placing: the cancel goes out at once, the order a moment later."""
    resting = desk.place(**LIMIT)
    desk.deliver()
    too_many = {"status": 429, "body": error_body(-1015, "Too many new orders.")}
    soon = {"answer": "status", "effect": False, "headers": {"Retry-After": "1"}}
    order = submit_into(desk, soon | too_many)
    assert order.status is S.INITIALIZED
    assert penalty_ms(desk) == 0
    assert penalty_ms(desk, WindowScope.ACCOUNT) > 0
    desk.orders.cancel_order(resting.client_order_id, wait=False)
    assert desk.deliver().order(resting.client_order_id).status is S.CANCELED
    eventually(lambda: desk.sweep().order(order.client_order_id).status is S.FILLED)
    assert_equal_to_exchange(desk)
