"""Who is there: ask Celery's workers and beats, count what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import BrokerUnavailable
from tasks.app import app
from tasks.dispatch import CeleryDispatcher

#: Who does not answer within this is not there, or too busy to take an order.
ANSWER_WITHIN_MS = 1_000


@dataclass(frozen=True, kw_only=True)
class Liveness:
    """Which worker serves which lanes."""

    workers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # Node -> lanes
    problem: str = ""  # Why nobody could be asked

    def unserved(self) -> tuple[str, ...]:
        """Return the lanes that no worker serves."""
        served = {lane for lanes in self.workers.values() for lane in lanes}
        return tuple(lane for lane in lanes() if lane not in served)


def ask_workers(answer_within_ms: int = ANSWER_WITHIN_MS) -> Liveness:
    """Ask every worker which lanes it serves; takes as long as it is given."""
    try:
        return Liveness(workers=CeleryDispatcher().list_workers(answer_within_ms))
    except BrokerUnavailable as error:
        return Liveness(problem=str(error))


def lanes() -> tuple[str, ...]:
    """Return the lanes that are configured, at each egress address."""
    return tuple(app.conf.task_queues)
