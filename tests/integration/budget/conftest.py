"""A real Redis for the budget, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.config.addresses import parse_address
from engine.store.store import RedisStore
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
