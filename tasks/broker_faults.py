"""How a broker looks that goes away, in the words of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from engine.errors import BrokerUnavailable


@contextmanager
def asking(app: Celery) -> Iterator[None]:
    """Raise BrokerUnavailable for whatever a broker raises that is away, was until now, or is full.

    A question over a pooled connection, unlike a message, gets the transport's own error.
    """
    try:
        yield
    except errors_of(app.connection_for_write()) as error:
        raise BrokerUnavailable(f"the broker does not answer: {error}") from error


def errors_of(server: Any) -> tuple[type[Exception], ...]:
    """Return what a connection raises, or a result backend that has a server.

    A full server's refusal is a channel's error.
    """
    connection: tuple[type[Exception], ...] = getattr(server, "connection_errors", ())
    channel: tuple[type[Exception], ...] = getattr(server, "channel_errors", ())
    return (OperationalError, *connection, *channel)


@contextmanager
def healing(connection: Any) -> Iterator[None]:
    """Turn what a dead channel of kombu's raises into OperationalError, and let go of it.

    Where a broker goes away in the middle, a pooled connection may keep a channel that was closed.
    Whoever gets it next finds None in the place of its connection, and so would all after him.
    """
    try:
        yield
    except AttributeError as error:
        connection.collect()
        raise OperationalError(f"a channel was closed meanwhile: {error}") from error
