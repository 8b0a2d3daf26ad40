"""What becomes of the k-th message, and of the worker that sent it or waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash_points.wires import Direction, Moment

if TYPE_CHECKING:
    from tests.crash_points.run import Run


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One way to suffer at a message."""

    name: str
    strike: Callable[[Run, Moment], None]
    #: Whether the broker hands the message out again that the worker died with. Celery does so
    #: for late acknowledgement and after its visibility timeout; else a sweep must find the work.
    is_redelivered: bool = False
    directions: frozenset[Direction] = frozenset(Direction)
    #: Done when the worker is through with the errand in which it was struck.
    mend: Callable[[Run], None] = lambda run: None
    #: Whether tasks may fail; then a refusal of a passing kind lets an order be sent again, too.
    may_fail: bool = False
    #: Whether the store may forget what it has answered; the caller asks again then.
    forgets: bool = False
    #: Whether the store must keep a file.
    is_durable: bool = False
    #: The life is lived so many times as a whole, and nothing is struck at any message.
    times: int = 0
    #: Whether two workers get every message, and both callers every wish, at the same moment.
    is_doubled: bool = False
    #: Clocks that are apart the whole life long.
    apart_ms: Mapping[str, int] = field(default_factory=dict)


def kill(run: Run, moment: Moment) -> None:
    """Kill the worker's group; the message never arrives."""
    run.kill_worker()


def pass_and_kill(run: Run, moment: Moment) -> None:
    """Kill the worker's group when the message has just passed on."""
    moment.pass_on()
    run.kill_worker()


def kill_and_delay(run: Run, moment: Moment) -> None:
    """Kill the worker's group; its request arrives when others are at work already."""
    run.kill_worker()
    if moment.message.direction is Direction.REQUEST:  # Nobody is left to whom a reply could go
        run.delay(moment)


VARIATIONS = {
    one.name: one
    for one in (
        Variation(name="killed", strike=kill),
        Variation(name="killed, task again", strike=kill, is_redelivered=True),
        Variation(name="passed on and killed", strike=pass_and_kill),
        Variation(
            name="killed, passed on late, task again",
            strike=kill_and_delay,
            is_redelivered=True,
            directions=frozenset({Direction.REQUEST}),
        ),
    )
}
