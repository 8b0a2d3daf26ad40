"""What a fresh worker process does before its first task: all that the first would wait for.

Each account is made ready in a thread, since nothing here may hold the process for long: Celery
ends a child that has not come up after four seconds, and a name server that hangs knows no
timeout. An account that is not ready in time is thrown away; its first task builds it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from threading import Condition, Thread

from engine.bootstrap import Engine
from engine.config import Settings
from engine.domain.lanes import Lane
from engine.errors import EngineError
from engine.execution.context import AccountContext
from tasks.dispatch import open_producer

log = logging.getLogger(__name__)

#: Celery's own limit is worker_proc_alive_timeout, 4 s from the fork.
PATIENCE_S = 2.0
#: Each holds a connection to the store for as long as it runs.
MOST_THREADS = 8
#: Nobody's order waits behind this.
LANE = Lane.MARKET_DATA

Job = Callable[[], AccountContext | None]


class _Counter:
    """Where threads hand in what they made ready, as long as it is open."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = list(reversed(jobs))
        self._left = len(jobs)
        self._ready: list[AccountContext] = []
        self._changed = Condition()
        self._is_open = True

    def next_job(self) -> Job | None:
        with self._changed:
            return self._jobs.pop() if self._jobs and self._is_open else None

    def hand_in(self, context: AccountContext | None) -> None:
        with self._changed:
            self._left -= 1
            self._changed.notify()
            if self._is_open:
                self._ready += [context] if context else []
                return
        if context is not None:
            context.gateway.close()  # Too late: somebody else has built it by now

    def collect(self, patience_s: float) -> list[AccountContext]:
        """Return what is ready when everything is, or when the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._left == 0, patience_s)
            self._is_open = False
            return self._ready


def warm_up(engine: Engine, patience_s: float = PATIENCE_S) -> tuple[str, ...]:
    """Make the engine's accounts, its store and the way to the broker ready; never raise.

    Returns the accounts that are ready.
    """
    jobs: list[Job] = [partial(_prepare_messages, engine)]
    jobs += [partial(_prepare_account, engine, name) for name in accounts_to_warm(engine.settings)]
    counter = _Counter(jobs)
    for _ in range(min(len(jobs), MOST_THREADS)):
        Thread(target=_work, args=(counter,), daemon=True).start()
    ready = counter.collect(patience_s)
    for context in ready:
        engine.adopt(context)
    return tuple(context.name for context in ready)


def accounts_to_warm(settings: Settings) -> list[str]:
    """Return the accounts whose orders this machine sends, those that may order first."""
    served = filter(settings.serves, settings.accounts.values())
    return [account.name for account in sorted(served, key=lambda one: not one.enabled)]


def _work(counter: _Counter) -> None:
    while (job := counter.next_job()) is not None:
        context = None
        try:
            context = job()
        except Exception as error:  # noqa: BLE001 - a task meets it again, and says it to somebody
            log.warning("not warmed: %s", error)
        finally:
            counter.hand_in(context)


def _prepare_messages(engine: Engine) -> None:
    engine.store.prepare()
    open_producer()


def _prepare_account(engine: Engine, name: str) -> AccountContext:
    context = engine.build_account(name)
    try:
        context.gateway.warm(LANE)
    except EngineError as error:
        # What was learned until then is kept; the rest the first order does by itself
        log.warning("account %s is not warm: %s", name, error)
    return context
