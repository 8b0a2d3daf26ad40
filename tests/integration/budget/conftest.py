"""A real Redis for the budget, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from engine.config.addresses import parse_address
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.store import RedisStore
from tests.integration.budget.allowance import ORDERS, START_MS, WEIGHT, Build
from tests.integration.budget.manual_clock import ManualClock
from tests.integration.store.repeating import RepeatingClient
from tests.redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(shared_server: RedisServer) -> RedisServer:
    with closing(shared_server.client()) as client:
        client.flushall()
    return shared_server


@pytest.fixture(params=["once", "twice"])
def store(request: pytest.FixtureRequest, server: RedisServer) -> Iterator[RedisStore]:
    """A store; every test runs again with each script run twice."""
    store = RedisStore.from_url(server.url)
    if request.param == "twice":
        store.client = RepeatingClient(parse_address(server.url))
    yield store
    store.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS + 5_000)


@pytest.fixture
def build(store: RedisStore, clock: ManualClock) -> Build:
    """Build the budget of an account; all of one test share Redis and the clock."""

    def build(account: str = "main", egress: str = "default", **options: Any) -> RedisBudget:
        scope = BudgetScope(venue="binance", egress=egress, account=account)
        return RedisBudget(
            store.client, (WEIGHT, ORDERS), scope, clock, now_ms=clock.now_ms, **options
        )

    return build


@pytest.fixture
def budget(build: Build) -> RedisBudget:
    """A budget whose windows are known to be empty."""
    budget = build()
    budget.observe({"weight_1m": 0, "orders_10s": 0})
    return budget
