"""A real Redis, and stores on it: plain, or with every script run twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.config.addresses import parse_address
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from tests.builders import NOW_MS
from tests.integration.store.repeating import RepeatingClient
from tests.integration.store.scenes import open_account
from tests.redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(shared_server: RedisServer) -> RedisServer:
    """An empty server that may be full, flushed or blocked, but not stopped."""
    with closing(shared_server.client()) as client:
        client.config_set("maxmemory", 0)
        client.flushall()
    return shared_server


@pytest.fixture
def clock() -> list[int]:
    """The store's time in ms, as the only item: a test moves it."""
    return [NOW_MS]


@pytest.fixture(params=["once", "twice"])
def store(
    request: pytest.FixtureRequest, server: RedisServer, clock: list[int]
) -> Iterator[RedisStore]:
    """A store whose time is `clock`; every test runs again with each script run twice."""
    store = RedisStore.from_url(server.url, now_ms=lambda: clock[0])
    if request.param == "twice":
        store.client = RepeatingClient(parse_address(server.url))
    yield store
    store.close()


@pytest.fixture
def account(store: RedisStore) -> RedisAccountStore:
    return open_account(store)
