"""A real Redis for the budget, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.store.store import RedisStore
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


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisStore]:
    store = RedisStore.from_url(server.url)
    yield store
    store.close()
