"""Where too many messages wait already, nobody needs a further hint.

A sweep asks again for what was not done. Where workers are slower than the sweeps, each round
would add to what waits, until the work that would end the rounds never gets its turn: an overload
of a minute would last for ever. So a repeated message is sent only where few wait; the store still
has what it asked for, and the next round asks again.
"""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery

from engine.errors import BrokerUnavailable
from tasks.broker_faults import asking, healing

#: A worker of four processes works off so many in some seconds, or in two minutes when it is slow.
MOST_WAITING = 200


def is_crowded(app: Celery, task: str, args: Sequence[str] = (), most: int = MOST_WAITING) -> bool:
    """Tell whether `most` messages wait where this one would.

    A broker that is away says nothing: whoever sends then finds that out.
    """
    queue = app.amqp.router.route({}, task, args=args)["queue"]
    try:
        with asking(app), app.connection_or_acquire() as connection, healing(connection):
            channel = connection.default_channel
            return bool(channel._size(queue.name) >= most)  # Private, and kombu's only count
    except BrokerUnavailable:
        return False
