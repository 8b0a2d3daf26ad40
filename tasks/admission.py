"""Work for an account behind the bulkhead of this worker, where it has one."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

from celery import current_task
from kombu.exceptions import OperationalError

from tasks.app import app
from tasks.broker_faults import healing
from tasks.bulkhead import Bulkhead, Message, Place

log = logging.getLogger(__name__)

#: What a task that was turned away returns.
BUSY = "busy"

#: This worker's own; its processes inherit it. None: one account, or one process.
_bulkhead: Bulkhead | None = None
#: Where strategies run: a user's code may take its whole time limit, in half of the processes.
_workshop: Bulkhead | None = None
_STRATEGIES, NEVER_MS = "strategies", 10**12


def build_bulkhead(*, accounts: int, processes: int) -> None:
    """Build this worker's bulkheads, before its processes are forked."""
    global _bulkhead, _workshop
    if processes < 2:
        return
    # One that is slow keeps no other away: each has its own time limit
    _workshop = Bulkhead(_make_folder(), processes=processes // 2 + 1, slow_ms=NEVER_MS)
    if accounts >= 2:
        _bulkhead = Bulkhead(_make_folder(), processes=processes)


def _make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="augustan-bulkhead-"))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    """Remove the folder; by the worker itself, since a process of it may be replaced."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def admission(account: str, message: Message | None = None) -> Iterator[bool]:
    """Tell whether there is room to work for the account now; `message` waits where there is none.

    A message is a hint, so one that waits may be lost with its worker: a sweep finds in the store
    what it asked for.
    """
    with _place_in(_bulkhead, account, message) as is_admitted:
        yield is_admitted


@contextmanager
def strategy_admission() -> Iterator[bool]:
    """Tell whether there is room to run a strategy now; the next tick asks for it again."""
    with _place_in(_workshop, _STRATEGIES, None) as is_admitted:
        yield is_admitted


@contextmanager
def _place_in(bulkhead: Bulkhead | None, room: str, message: Message | None) -> Iterator[bool]:
    if bulkhead is None:
        yield True
        return
    try:
        place = bulkhead.enter(room, message)
    except (OSError, ValueError) as error:
        log.warning("%s is let in without a place: %s", room, error)
        yield True  # Orders are worth more than the order among them
        return
    try:
        yield place is not None
    finally:
        if place is not None:
            _leave(bulkhead, place)


def admitted(task: Callable[..., str]) -> Callable[..., str]:
    """Run a task of (account, ...) when there is room for its account, else let it wait.

    Ticks wait, too: the next one would find a busy account as full as this one did.
    """

    @wraps(task)
    def run(account: str, *ids: str) -> str:
        with admission(account, (current_task.name, (account, *ids))) as is_admitted:
            return task(account, *ids) if is_admitted else BUSY

    return run


def _leave(bulkhead: Bulkhead, place: Place) -> None:
    try:
        called = bulkhead.leave(place)
    except (OSError, ValueError) as error:
        log.warning("nobody is called to %s: %s", place.room.name, error)
        place.file.close()
        return
    for name, arguments in called:
        _send(name, arguments)


def _send(name: str, arguments: tuple[str, ...]) -> None:
    try:
        with app.producer_or_acquire() as producer, healing(producer.connection):
            app.send_task(name, args=arguments, ignore_result=True, producer=producer)
    except OperationalError as error:
        log.warning("could not ask again for %s %s: %s", name, " ".join(arguments), error)
