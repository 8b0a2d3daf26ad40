"""One thread, many simulated processes: at every call to the outside one of them goes on.

A process is a greenlet. Each of its calls takes a time that the dice choose; whoever's time comes
first is the next to run. So all interleavings come from the seed, and so do crashes and naps.
"""

from __future__ import annotations

import heapq
import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

from tests.simulation.dangers import Dangers
from tests.simulation.story import Story
from tests.simulation.times import BEGIN_MS

Act = Callable[[], object]


class Crashed(BaseException):
    """The process is dead: nothing of it acts any more, not even what it meant to do at last."""


@dataclass(eq=False)
class Actor:
    """A process, or a thread of one, that does one job at a time."""

    name: str
    is_dead: bool = False
    job: str = ""
    running: greenlet | None = field(default=None, repr=False)

    @property
    def is_free(self) -> bool:
        return self.running is None and not self.is_dead


class Scheduler:
    """Time, and who goes on."""

    def __init__(self, dice: random.Random, dangers: Dangers, story: Story) -> None:
        self.now_ms = BEGIN_MS
        self.dice = dice
        self.dangers = dangers
        self.story = story
        self.steps = 0
        self.crashes = 0
        self.weary_of = ""  # The call before which processes nap most
        #: A fingerprint of all decisions so far: two runs of one seed must have the same.
        self.digest = 0
        self.on_crash: Callable[[Actor], None] = lambda actor: None
        self._agenda: list[tuple[int, int, Act]] = []
        self._entries = 0
        self._hub = getcurrent()
        self._current: Actor | None = None

    # ---- time --------------------------------------------------------------------------------

    def after(self, delay_ms: int, act: Act) -> None:
        """Have `act` done so much later; in the order of asking where times are equal."""
        self._entries += 1
        heapq.heappush(self._agenda, (self.now_ms + delay_ms, self._entries, act))

    def run_until(self, at_ms: int, is_over: Callable[[], bool]) -> None:
        """Do what is on the agenda until then, or until it is over."""
        while self._agenda and self._agenda[0][0] <= at_ms and not is_over():
            self.now_ms, _, act = heapq.heappop(self._agenda)
            act()
        self.now_ms = max(self.now_ms, at_ms)

    # ---- processes ---------------------------------------------------------------------------

    @property
    def current(self) -> Actor | None:
        """Return who acts now; None while nobody simulated does."""
        return self._current

    def start(self, actor: Actor, job: str, work: Act, done: Callable[[], None]) -> None:
        """Let a free process begin a job; `done` is called at its end, unless it crashed."""

        def run() -> None:
            try:
                work()
            except Crashed:
                return
            actor.running, actor.job = None, ""
            done()

        actor.job, actor.running = job, greenlet(run, parent=self._hub)
        self.story.tell(self.now_ms, actor.name, f"begins {job}")
        self._switch_to(actor)

    def _switch_to(self, actor: Actor) -> None:
        assert actor.running is not None
        before, self._current = self._current, actor
        try:
            actor.running.switch()
        finally:
            self._current = before

    def kill(self, actor: Actor, why: str) -> None:
        """End a process at once; its memory is gone, and none of its last words is heard."""
        if actor.is_dead:
            return
        actor.is_dead = True
        self.crashes += 1
        self.story.tell(self.now_ms, actor.name, f"DIES {why}, doing {actor.job or 'nothing'}")
        if actor.running is not None and actor is not self._current:
            self._current, before = actor, self._current
            actor.running.throw(Crashed)
            self._current = before
        self.on_crash(actor)

    def end(self, actors: Iterable[Actor]) -> None:
        """End every process, so that none acts when it is collected as garbage."""
        self.on_crash = lambda actor: None
        self._agenda.clear()
        for actor in actors:
            self.kill(actor, "with its world")

    # ---- at every call -----------------------------------------------------------------------

    def pause(self, what: str) -> None:
        """Let others go on before the call; raises Crashed when the process dies here."""
        actor = self._current
        if actor is None:
            return
        if actor.is_dead:
            raise Crashed
        self.steps += 1
        self.digest = zlib.crc32(f"{self.now_ms} {actor.name} {what}".encode(), self.digest)
        if self.dangers.crash and self.dice.random() < self.dangers.crash:
            self.kill(actor, f"before {what}")
            raise Crashed
        self.sleep(self._delay_ms(what))

    def _delay_ms(self, what: str) -> int:
        chance = self.dice.random()
        weary = self.dangers.weary if what == self.weary_of else 0.0
        if chance < self.dangers.doze + weary:
            nap_ms = int(self.dice.choice((1_500, 6_000, 12_000, 40_000)) * self.dice.random())
            self.story.tell(self.now_ms, self._name(), f"dozes {nap_ms} ms before {what}")
            return nap_ms
        if chance > 0.97:
            return self.dice.randrange(100)
        return self.dice.randrange(3)

    def sleep(self, duration_ms: int) -> None:
        """Let so much time pass for the process that acts now."""
        actor = self._current
        until_ms = self.now_ms + duration_ms
        if actor is None:
            return
        if actor.is_dead:
            raise Crashed
        if not self._agenda or self._agenda[0][0] > until_ms:
            self.now_ms = until_ms
            return
        running = actor.running

        def wake() -> None:
            if not actor.is_dead and actor.running is running:
                self._switch_to(actor)

        self.after(duration_ms, wake)
        self._hub.switch()
        if actor.is_dead:
            raise Crashed

    def _name(self) -> str:
        return self._current.name if self._current else ""
