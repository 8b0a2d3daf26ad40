"""Clocks and chance of simulated processes, all from the seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ulid import ULID

if TYPE_CHECKING:
    from tests.simulation.scheduler import Scheduler

#: Every world begins at this time.
BEGIN_MS = 1_800_000_000_000


def in_words(now_ms: int) -> str:
    """Return a time of a world in seconds since its beginning."""
    return f"{(now_ms - BEGIN_MS) / 1000:9.3f}"


class ProcessClock:
    """The clock of one machine: it may be wrong, and waiting lets others go on."""

    def __init__(self, scheduler: Scheduler, ahead_ms: int) -> None:
        self._scheduler = scheduler
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        return self._scheduler.now_ms + self._ahead_ms

    def monotonic_ms(self) -> int:
        return self._scheduler.now_ms - BEGIN_MS

    def wait(self, duration_ms: int) -> None:
        self._scheduler.sleep(duration_ms)


class SeededRandom:
    """Nonces that nobody had before, and jitter."""

    def __init__(self, dice: random.Random, clock: ProcessClock) -> None:
        self._dice = dice
        self._clock = clock

    def nonce(self) -> str:
        made = self._clock.now_ms().to_bytes(6, "big") + self._dice.randbytes(10)
        return str(ULID.from_bytes(made))

    def jitter(self) -> float:
        return self._dice.random()
