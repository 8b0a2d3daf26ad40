"""A pooled connection whose channel was closed: the message is sent, or given up in peace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery

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
