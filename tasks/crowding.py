"""Where too many messages wait already, nobody needs a further hint.

A sweep asks again for what was not done. Where workers are slower than the sweeps, each round
would add to what waits, until the work that would end the rounds never gets its turn: an overload
of a minute would last for ever. So a repeated message is sent only where few wait; the store still
has what it asked for, and the next round asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

#: A worker of four processes works off so many in some seconds, or in two minutes when it is slow.
MOST_WAITING = 200


def is_crowded(app: Celery, task: str, args: Sequence[str] = (), most: int = MOST_WAITING) -> bool:
    """Tell whether `most` messages wait where this one would.

    A broker that is away says nothing: whoever sends then finds that out.
    """
    queue = app.amqp.router.route({}, task, args=args)["queue"]
    try:
        with app.connection_or_acquire() as connection, healing(connection):
            channel = connection.default_channel
            return bool(channel._size(queue.name) >= most)  # Private, and kombu's only count
    except (OperationalError, *app.connection_for_write().recoverable_connection_errors):
        return False


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
