"""A life: steps of a caller and of the market, and when each has come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.domain.order_status import OrderStatus
from tests.crash_points.run import Run

#: Recorded orders, told by what became of them.
Reached = Callable[[Run], bool]


@dataclass(frozen=True, kw_only=True)
class Step:
    what: str
    act: Callable[[Run], None]
    reached: Reached


@dataclass(frozen=True, kw_only=True)
class Life:
    name: str
    steps: tuple[Step, ...]
    ends: tuple[OrderStatus, ...]  # Of its orders, when nothing disturbs it
    #: Steps at which nothing is struck: they are the steps of other lives.
    before: tuple[Step, ...] = ()
    market_type: str = "spot"

    @property
    def whole(self) -> tuple[Step, ...]:
        """Return all of its steps."""
        return (*self.before, *self.steps)

    def live(self, run: Run) -> None:
        for number, step in enumerate(self.whole):
            if number == len(self.before):
                run.arm()
            step.act(run)
            run.until(step.reached, step.what, partial(self.repeat, number + 1))

    def repeat(self, steps: int, run: Run) -> None:
        """Do the first steps again: somebody may have forgotten what was asked for."""
        for step in self.whole[:steps]:
            step.act(run)
