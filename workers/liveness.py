"""Who is there: ask Celery's workers and beats, count what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kombu.exceptions import OperationalError

from tasks.app import app

#: Who does not answer within this is not there, or too busy to take an order.
ANSWER_WITHIN_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Liveness:
    """Which worker serves which lanes."""

    workers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # Node -> lanes
    problem: str = ""  # Why nobody could be asked

    def unserved(self) -> tuple[str, ...]:
        """Return the lanes that no worker serves."""
        served = {lane for lanes in self.workers.values() for lane in lanes}
        return tuple(lane for lane in lanes() if lane not in served)


def ask_workers(answer_within_s: float = ANSWER_WITHIN_S) -> Liveness:
    """Ask every worker which lanes it serves; takes as long as it is given."""
    try:
        answers = app.control.inspect(timeout=answer_within_s).active_queues() or {}
    except (OperationalError, OSError) as error:
        return Liveness(problem=f"the broker does not answer: {error}")
    return Liveness(
        workers={
            node: tuple(sorted(queue["name"] for queue in queues))
            for node, queues in sorted(answers.items())
        }
    )


def lanes() -> tuple[str, ...]:
    """Return the lanes that are configured, at each egress address."""
    return tuple(app.conf.task_queues)
