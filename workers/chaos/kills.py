"""Who dies or is frozen, and when. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from workers.chaos.deck import Deck
from workers.supervisor.plan import BEATS, STREAMS


class Means(StrEnum):
    """What is done to a process."""

    KILL = "kill"  #: SIGKILL
    PAUSE = "pause"  #: SIGSTOP, and SIGCONT some time later


@dataclass(frozen=True, kw_only=True)
class Victim:
    """A process of `augustan up`, by the name that it has there."""

    name: str
    is_child: bool = False  # One of the processes in which a Celery worker works
    means: Means = Means.KILL

    @property
    def title(self) -> str:
        """What was done to whom, in words."""
        return f"{self.means} {'a child of ' if self.is_child else ''}{self.name}"


@dataclass(frozen=True, kw_only=True)
class Blow:
    """One victim, hit once so many orders have begun."""

    at: int
    victim: Victim
    pause_ms: int = 0  # Of a pause
    dice: int = 0  # Chooses among several processes


_CHILD = Victim(name="worker", is_child=True)
_FROZEN_CHILD = Victim(name="worker", is_child=True, means=Means.PAUSE)
#: Each is as frequent as it stands here. Children hold the orders in flight: they come oftenest.
#: What `up` starts again waits longer each time, so others come more rarely.
VICTIMS = (
    *([_CHILD] * 5),
    *([_FROZEN_CHILD] * 3),
    Victim(name="worker"),
    Victim(name="worker", means=Means.PAUSE),
    Victim(name="cancel"),
    Victim(name="emergency"),
    *(Victim(name=name) for name in BEATS),
    *(Victim(name=name) for name in STREAMS),
    Victim(name=STREAMS[0], means=Means.PAUSE),
    Victim(name="state"),
    Victim(name="messages"),
)
#: Orders between two blows: a long run has time for each, a short one shall have some.
BLOW_EVERY, FEWEST_BETWEEN = 25, 8
#: Longer than the exchange's window of the requests (market.py), shorter than any time limit.
PAUSES_MS = (3_500, 6_000)


def draw_blows(orders: int, seed: int) -> tuple[Blow, ...]:
    """Return the blows over so many orders, the same ones for the same seed."""
    dice = random.Random(f"blows {seed}")
    victims = Deck(VICTIMS, dice)
    every = max(FEWEST_BETWEEN, min(BLOW_EVERY, orders // 4))
    return tuple(_draw_blow(at, victims.draw(), dice) for at in range(every // 2, orders, every))


def _draw_blow(at: int, victim: Victim, dice: random.Random) -> Blow:
    pause_ms = dice.randint(*PAUSES_MS) if victim.means is Means.PAUSE else 0
    return Blow(at=at, victim=victim, pause_ms=pause_ms, dice=dice.randrange(2**31))
