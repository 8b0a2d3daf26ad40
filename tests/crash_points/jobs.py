"""Points side by side: every job is a process with a world of its own.

A life waits more than it works, for servers, for workers to start and for leases, so that
several of them on one core take hardly longer than one.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TypeVar

from tests.crash_points.journal import Journal
from tests.crash_points.lives import LIVES
from tests.crash_points.points import Point, is_unstruck, kind_for, live, numbers, undisturbed
from tests.crash_points.storms import STORMS
from tests.crash_points.variations import VARIATIONS
from tests.crash_points.wires import Message
from tests.crash_points.world import Kind, World, open_world

T = TypeVar("T")

WAYS = VARIATIONS | STORMS
#: Points begun for every job: the next ones wait while the oldest is not over.
AHEAD = 3

_open = ExitStack()


class Jobs:
    """Some processes that live through points."""

    def __init__(self, count: int, journal: Journal) -> None:
        """Whatever the journal holds already is not lived again."""
        self._count = count
        self._journal = journal
        spawning = multiprocessing.get_context("spawn")  # A fork would share threads and servers
        self._pool = ProcessPoolExecutor(count, spawning, initializer=_close_at_exit)
        self._messages: dict[str, Sequence[Message]] = {}

    def points(self, life: str, way: str, every: int = 1) -> Iterator[Point]:
        """Strike at every k-th message, until the life ends before it is struck."""
        messages = () if WAYS[way].times else self._listen(life)
        every_number = numbers(WAYS[way], messages, every)
        for point in in_order(self._begin(life, way), every_number, self._count * AHEAD):
            if is_unstruck(point):
                return
            yield point

    def point(self, life: str, way: str, at: int) -> Point:
        """Strike at one message only."""
        return self._pool.submit(_live, life, way, at).result()

    def close(self) -> None:
        """End the processes; what they have not begun is never lived."""
        self._pool.shutdown(cancel_futures=True)

    def _listen(self, life: str) -> Sequence[Message]:
        if life not in self._messages:
            self._messages[life] = self._pool.submit(_messages, life).result()
        return self._messages[life]

    def _begin(self, life: str, way: str) -> Callable[[int], Future[Point]]:
        def begin(number: int) -> Future[Point]:
            known = self._journal.find(life, way, number)
            if known is not None:
                return _finished(known)
            future = self._pool.submit(_live, life, way, number)
            future.add_done_callback(lambda done: self._journal.write(number, done))
            return future

        return begin


def in_order(
    begin: Callable[[int], Future[T]], every_number: Iterable[int], most: int
) -> Iterator[T]:
    """Give results in the order of their numbers, while at most so many are under way."""
    under_way: deque[Future[T]] = deque()
    try:
        for number in every_number:
            under_way.append(begin(number))
            if len(under_way) >= most:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _finished(point: Point) -> Future[Point]:
    future: Future[Point] = Future()
    future.set_result(point)
    return future


# ---- within a job ----------------------------------------------------------------------------


def _close_at_exit() -> None:
    Finalize(None, _open.close, exitpriority=0)


@cache
def _world(kind: Kind) -> World:
    folder = Path(_open.enter_context(tempfile.TemporaryDirectory()))
    return _open.enter_context(open_world(folder, kind))


def _live(name: str, way: str, number: int) -> Point:
    life, variation = LIVES[name], WAYS[way]
    return live(_world(kind_for(life, variation)), life, variation, number)


def _messages(name: str) -> Sequence[Message]:
    life = LIVES[name]
    return undisturbed(_world(kind_for(life)), life)[1]
