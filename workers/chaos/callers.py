"""Several callers at work on one list of jobs, at a steady pace."""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from engine.errors import EngineError
from engine.order_manager import OrderManager
from workers.chaos.caller import REPEAT_EVERY_S, Caller
from workers.chaos.diary import Diary
from workers.chaos.market import FUTURES, SPOT
from workers.chaos.wishes import Task

log = logging.getLogger(__name__)

CALLERS = 8
#: Orders begun in a second, where nothing holds the callers up.
PACE = 12.0

Job = Callable[[Caller], None]


class Callers:
    """Threads that place, change and cancel what they are given."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        # Short: while the store is away, what comes next waits with those who ask
        self._jobs: queue.Queue[Job] = queue.Queue(CALLERS)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"caller {number}", daemon=True)
            for number in range(CALLERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def give(self, job: Job, until_s: float) -> bool:
        """Hand a job over; False when nobody took it in time (monotonic seconds)."""
        try:
            self._jobs.put(job, timeout=max(until_s - time.monotonic(), 0.001))
        except queue.Full:
            return False
        return True

    def finish(self, until_s: float) -> None:
        """Wait until every job is done, or give up then; the callers end."""
        while self._jobs.unfinished_tasks and time.monotonic() < until_s:
            time.sleep(0.05)
        self.stop()

    def stop(self) -> None:
        """End the callers, whatever they were doing."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5.0)

    def _work(self) -> None:
        manager = self._begin()
        if manager is None:
            return
        caller = Caller(self._diary, manager, self._stop)
        try:
            while not self._stop.is_set():
                try:
                    job = self._jobs.get(timeout=REPEAT_EVERY_S)
                except queue.Empty:
                    continue
                job(caller)
                self._jobs.task_done()
        finally:
            manager.close()

    def _begin(self) -> OrderManager | None:
        """Connect; the store may be away just now."""
        while not self._stop.is_set():
            manager = OrderManager()
            try:
                if {context.name for context in manager.contexts()} == {SPOT, FUTURES}:
                    return manager
                log.info("a caller cannot begin yet: not every account can be reached")
            except EngineError as error:
                log.info("a caller cannot begin yet: %s", error)
            manager.close()
            self._stop.wait(REPEAT_EVERY_S)
        return None


def give_all(
    callers: Callers, tasks: Sequence[Task], until_s: float, on_begun: Callable[[int], None]
) -> None:
    """Give the callers every task in its turn, with its repeats, its change and its cancel.

    `on_begun` is told how many orders have begun. Ends early at `until_s` (monotonic).
    """
    began_s = time.monotonic()
    numbers = itertools.count()  # So that two that are due together can be put in a row
    later: list[tuple[int, int, Job]] = []  # Due when so many orders have begun
    for task in tasks:
        while later and later[0][0] <= task.at:
            callers.give(heapq.heappop(later)[2], until_s)
        _await_turn(min(began_s + task.at / PACE, until_s))
        for _ in range(1 + task.repeats_at_once):
            if not callers.give(partial(Caller.place, task=task), until_s):
                return
        for due, job in _later_jobs(task):
            heapq.heappush(later, (due, next(numbers), job))
        on_begun(task.at + len(task.wishes))
    while later:
        callers.give(heapq.heappop(later)[2], until_s)


def _later_jobs(task: Task) -> list[tuple[int, Job]]:
    later = (
        (task.repeat_after, Caller.place),
        (task.change_after, Caller.change),
        (task.cancel_after, Caller.cancel),
    )
    return [(task.at + after, partial(do, task=task)) for after, do in later if after is not None]


def _await_turn(at_s: float) -> None:
    left_s = at_s - time.monotonic()
    if left_s > 0:
        time.sleep(left_s)
