"""Many worlds on several processes, in the order of their seeds."""

from __future__ import annotations

import gc
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tests.simulation.redis_link import know_scripts
from tests.simulation.server import connect, private_redis
from tests.simulation.world import LIVES, Outcome, World

#: Worlds that wait for a process, so that none is idle.
AHEAD = 4


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a run came to. Worlds behind the first bad one are not counted."""

    seed: int
    worlds: int
    lives: int
    steps: int
    crashes: int
    simulated_ms: int
    seconds: float
    digest: int
    seen: dict[str, int]
    bad: tuple[Outcome, ...]

    @property
    def lives_per_s(self) -> float:
        return self.lives / self.seconds if self.seconds else 0.0


def run_worlds(
    seed: int,
    lives: int,
    processes: int,
    *,
    seconds: float = math.inf,
    keeps_going: bool = False,
    until: Collection[str] = (),
    on_world: Callable[[int], object] = lambda lives: None,
) -> Report:
    """Run worlds from `seed` on until so many lives were lived, or one world went wrong.

    Begins no further world after so many `seconds`. `until`: only violations of these kinds end it.
    """
    began_s, outcomes = time.monotonic(), list[Outcome]()
    seeds = range(seed, seed + -(-lives // LIVES))
    for outcome in _outcomes(seeds, processes):
        outcomes.append(outcome)
        on_world(outcome.lives)
        if not keeps_going and _ends(outcome, until):
            break
        if time.monotonic() - began_s > seconds:
            break
    return Report(
        seed=seed,
        worlds=len(outcomes),
        lives=sum(one.lives for one in outcomes),
        steps=sum(one.steps for one in outcomes),
        crashes=sum(one.crashes for one in outcomes),
        simulated_ms=sum(one.simulated_ms for one in outcomes),
        seconds=time.monotonic() - began_s,
        digest=sum(one.digest for one in outcomes) & 0xFFFFFFFF,
        seen=dict(sorted(sum((Counter(one.seen) for one in outcomes), Counter()).items())),
        bad=tuple(one for one in outcomes if one.violations),
    )


def _ends(outcome: Outcome, until: Collection[str]) -> bool:
    return any(not until or violation.kind in until for violation in outcome.violations)


def run_world(seed: int, *, tells: bool) -> Outcome:
    """Run one world here."""
    with private_redis() as path:
        _enter(path)
        return _live(seed, tells=tells)


def _outcomes(seeds: range, processes: int) -> Iterator[Outcome]:
    """Yield what became of the worlds, in order."""
    with ExitStack() as stack:
        count = max(1, min(processes, len(seeds)))
        paths = [stack.enter_context(private_redis()) for _ in range(count)]
        if count == 1:
            _enter(paths[0])
            yield from (_live(seed) for seed in seeds)
            return
        queue = get_context("spawn").SimpleQueue()
        for path in paths:
            queue.put(path)
        pool = stack.enter_context(
            ProcessPoolExecutor(
                count, mp_context=get_context("spawn"), initializer=_enter_from, initargs=(queue,)
            )
        )
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        yield from _in_order(pool, iter(seeds), count + AHEAD)


def _in_order(pool: ProcessPoolExecutor, seeds: Iterator[int], most: int) -> Iterator[Outcome]:
    waiting: list[Future[Outcome]] = []
    for seed in seeds:
        waiting.append(pool.submit(_live, seed))
        if len(waiting) >= most:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


#: The connection of this process.
_connections: list[Any] = []


def _enter_from(queue: Any) -> None:
    _enter(queue.get())


def _enter(path: str) -> None:
    """Connect this process to its server; what the engine logs is not for here."""
    logging.disable(logging.CRITICAL)
    connection = connect(path)
    know_scripts(connection)
    _connections[:] = [connection]


def _live(seed: int, *, tells: bool = False) -> Outcome:
    gc.disable()  # A tenth of the time; what a world leaves is collected after it
    outcome = World(seed, _connections[0], tells=tells).run()
    gc.collect()
    return outcome
