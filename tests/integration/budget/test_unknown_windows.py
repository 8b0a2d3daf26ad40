"""Windows of which nobody knows what is used: after a start, a restart, until they turn."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.store import RedisStore
from tests.integration.budget.allowance import MINUTE, START_MS, WEIGHT, Build, take, used
from tests.integration.budget.manual_clock import ManualClock
from tests.redis_server import redis_server

pytestmark = pytest.mark.integration


def test_unknown_window_lets_one_request_through_to_learn(build: Build) -> None:
    """Full for all, save the first and the emergency's share; its header opens the window."""
    budget = build()
    assert used(budget) == 100
    assert not any(line.is_known for line in budget.meter())
    take(budget, 40, Lane.POLL)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1, Lane.CANCEL)
    assert refused.value.retry_after_ms == 100

    budget.observe({"weight_1m": 45})
    assert used(budget) == 45
    take(budget, 1, Lane.CANCEL)


def test_unknown_window_keeps_the_emergency_share(build: Build) -> None:
    """An emergency does not wait for a header."""
    budget = build()
    take(budget, 2, Lane.MARKET_DATA)

    take(budget, 8, Lane.EMERGENCY)
    with pytest.raises(BudgetExhausted):
        take(budget, 1, Lane.EMERGENCY)


def test_unknown_window_is_known_when_it_turns(build: Build, clock: ManualClock) -> None:
    """The next one began under our eyes."""
    budget = build()
    take(budget, 2)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0
    take(budget, 60, Lane.POLL)


def test_restart_makes_a_running_window_unknown(tmp_path: Any, clock: ManualClock) -> None:
    """Grants may have been lost with the last writes, though the data came back."""
    with redis_server(tmp_path, "--appendonly", "yes") as server:
        store = RedisStore.from_url(server.url)
        scope = BudgetScope(venue="binance", egress="default", account="main")
        budget = RedisBudget(store.client, (WEIGHT,), scope, clock, now_ms=clock.now_ms)
        budget.observe({"weight_1m": 0})
        take(budget, 30)
        server.restart()

        assert used(budget) == 100
        take(budget, 40)
        with pytest.raises(BudgetExhausted):
            take(budget, 40)
        budget.observe({"weight_1m": 31})
        assert used(budget) == 70
        store.close()
