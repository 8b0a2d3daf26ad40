"""Who shares what: penalties, addresses and accounts, clocks, a store that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted, ClockUnknown, StoreUnavailable
from engine.ports import Counted, WindowScope
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.store import RedisStore
from tests.integration.budget.allowance import MINUTE, ORDERS, START_MS, WEIGHT, Build, take, used
from tests.integration.budget.manual_clock import ManualClock
from tests.integration.store.cutting_proxy import Cut, cutting_proxy
from tests.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.integration


def test_penalty_quiets_everybody_at_once(
    budget: RedisBudget, build: Build, clock: ManualClock
) -> None:
    """Every account behind the address, every lane; a shorter one does not end it sooner."""
    budget.penalize(3_000)
    budget.penalize(1_000)
    neighbour = build("other")

    assert neighbour.penalty_ms() == 3_000
    with pytest.raises(BudgetExhausted) as refused:
        take(neighbour, 0)
    assert refused.value.retry_after_ms == 3_000
    clock.wait(3_000)
    assert neighbour.penalty_ms() == 0
    take(budget, 1)


def test_penalty_of_an_account_stops_its_orders_only(
    budget: RedisBudget, build: Build, clock: ManualClock
) -> None:
    """Too many orders: its questions and cancels, and other accounts' orders, go on."""
    budget.penalize(3_000, WindowScope.ACCOUNT)
    neighbour = build("other")
    neighbour.observe({"orders_10s": 0})

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1, orders=1)
    assert refused.value.retry_after_ms == 3_000
    assert (budget.penalty_ms(), budget.penalty_ms(WindowScope.ACCOUNT)) == (0, 3_000)
    take(budget, 1, Lane.CANCEL)
    take(neighbour, 1, orders=1)
    clock.wait(3_000)
    take(budget, 1, orders=1)


def test_window_of_requests_counts_each_once(store: RedisStore, clock: ManualClock) -> None:
    """No header speaks of it: unknown, it gives half, and it is known when it turns."""
    window = replace(WEIGHT, name="requests", counted=Counted.REQUESTS, is_told=False)
    scope = BudgetScope(venue="binance", egress="default", account="main")
    budget = RedisBudget(store.client, (window,), scope, clock, now_ms=clock.now_ms)
    for _ in range(50):
        take(budget, 99)

    with pytest.raises(BudgetExhausted):
        take(budget, 0)
    clock.at_ms = START_MS + MINUTE
    take(budget, 99)
    assert used(budget, "requests") == 1


def test_address_is_shared_and_account_is_not(budget: RedisBudget, build: Build) -> None:
    """Weight is the address's, order counts are the account's, behind whatever address."""
    take(budget, 60, orders=10)

    other = build("other")
    other.observe({"orders_10s": 0})
    with pytest.raises(BudgetExhausted):
        take(other, 41)
    take(other, 40, orders=10)
    elsewhere = build("main", "second-address")
    elsewhere.observe({"weight_1m": 0})
    take(elsewhere, 100)
    with pytest.raises(BudgetExhausted):
        take(elsewhere, 0, orders=1)


def test_meter_tells_the_lanes(budget: RedisBudget) -> None:
    """Who used it, and when it turns."""
    take(budget, 5, Lane.POLL)
    take(budget, 7, Lane.CANCEL)
    take(budget, 2, Lane.POLL)

    line, _ = budget.meter()

    assert (line.window, line.used, line.resets_in_ms) == (WEIGHT, 14, 55_000)
    assert (line.is_known, line.used_by_account) == (True, {"main": 14})
    assert {lane: use for lane, use in line.used_by_lane.items() if use} == {
        Lane.POLL: 7,
        Lane.CANCEL: 7,
    }


def test_windows_follow_the_exchange_clock(build: Build, clock: ManualClock) -> None:
    """The exchange's minute turns by its own time; while that is unknown, ours stands for it."""
    exchange_ms = [START_MS + MINUTE - 2_000]

    def exchange_now_ms() -> int:
        if not exchange_ms:
            raise ClockUnknown
        return exchange_ms[0]

    budget = build(exchange_now_ms=exchange_now_ms)
    budget.observe({"weight_1m": 0, "orders_10s": 0})
    take(budget, 100)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1)
    assert refused.value.retry_after_ms == 2_000
    exchange_ms[0] += 2_000
    take(budget, 100)
    exchange_ms.clear()  # By our clock the window before still runs: the newer one counts
    with pytest.raises(BudgetExhausted):
        take(budget, 1)


def test_server_that_is_gone_is_not_an_allowance(tmp_path: Any, clock: ManualClock) -> None:
    """Without the store nobody knows what the others use."""
    with redis_server(tmp_path) as gone:
        pass
    store = RedisStore.from_url(gone.url)
    scope = BudgetScope(venue="binance", egress="default", account="main")
    budget = RedisBudget(store.client, (WEIGHT,), scope, clock)

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        take(budget, 1)


def test_lost_reply_of_a_grant_is_asked_for_again(
    server: RedisServer, store: RedisStore, budget: RedisBudget, clock: ManualClock
) -> None:
    """The nonce makes the repeat one grant."""
    with cutting_proxy(server.port) as proxy:
        cut = RedisStore.from_url(f"redis://127.0.0.1:{proxy.port}/0")
        scope = BudgetScope(venue="binance", egress="default", account="main")
        far = RedisBudget(cut.client, (WEIGHT, ORDERS), scope, clock, now_ms=clock.now_ms)
        take(budget, 1)  # So that the server knows the script
        proxy.arm(Cut.AFTER)
        take(far, 5)
        cut.close()

    assert used(budget) == 6
    assert proxy.writes >= 2
