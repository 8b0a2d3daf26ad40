"""A pooled connection whose channel was closed: the message is sent, or given up in peace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from celery import Celery

from engine.errors import BrokerUnavailable
from engine.ports import OutboxEntry
from tasks.dispatch import CeleryDispatcher
from tests.fleet import client_app
from tests.redis_server import RedisServer


@pytest.fixture
def app(redis_server: RedisServer) -> Iterator[Celery]:
    """An app with a single pooled connection to a real broker."""
    server = redis_server.url.rpartition("/")[0]
    made = client_app(f"{server}/9", f"{server}/10")
    made.conf.broker_pool_limit = 1
    with made.connection_for_write() as connection:
        connection.default_channel.client.flushdb()
    yield made
    made.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """One to kill and to fill."""
    made = RedisServer(tmp_path)
    made.start()
    yield made
    made.kill()


def close_channel(app: Celery) -> None:
    """Leave the pooled connection as a broker that went away may leave it."""
    with app.connection_or_acquire() as connection:
        connection.default_channel.close()
    with app.producer_or_acquire() as producer:
        producer.channel.close()


def test_a_closed_channel_does_not_stop_a_sweep(app: Celery) -> None:
    """The count that comes before the hint heals the connection."""
    dispatcher = CeleryDispatcher(app)
    dispatcher.watch("desk")
    close_channel(app)
    dispatcher.watch("desk")
    dispatcher.watch("desk")
    assert dispatcher.queue_lengths()["monitor"] in {2, 3}


def test_a_broker_that_is_away_is_called_so(server: RedisServer) -> None:
    """Whoever asks it, for workers or for what waits, hears one sentence, not the transport's."""
    with closing(client_app(server.url, server.url)) as app:
        dispatcher = CeleryDispatcher(app)
        assert dispatcher.list_workers(100) == {}  # And a connection is in the pool
        server.kill()
        for ask in (dispatcher.queue_lengths, partial(dispatcher.list_workers, 100)):
            with pytest.raises(BrokerUnavailable, match="the broker does not answer"):
                ask()


def test_a_broker_that_is_full_is_called_so(server: RedisServer) -> None:
    """A question says that it is; a message, and the completion's chord, are given up in peace."""
    with closing(client_app(server.url, server.url)) as app:
        with server.client() as client:
            client.config_set("maxmemory", 1)
        dispatcher = CeleryDispatcher(app)
        for ask in (dispatcher.queue_lengths, partial(dispatcher.list_workers, 100)):
            with pytest.raises(BrokerUnavailable, match="maxmemory"):
                ask()
        touched = OutboxEntry(
            entry_id="entry", group_id="group", cursors={"BTC/USDT": 1}, created_at_ms=1
        )
        dispatcher.complete("desk", touched)
        dispatcher.poll_order("desk", "order")
        with server.client() as client:
            assert client.keys() == []
        assert not any(app.backend._pending_results)  # Nobody keeps what will never come


def test_a_probe_says_no_when_the_broker_goes_away(server: RedisServer) -> None:
    """A supervisor goes on: the server may come back."""
    lines = (
        "import os, signal",
        "from workers.supervisor.probes import _pings",
        "print(_pings('nobody'))",
        f"os.kill({server.pid}, signal.SIGKILL)",
        "print(_pings('nobody'))",
    )
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**os.environ, "AUGUSTAN_BROKER_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == "False\nFalse\n", told.stderr
