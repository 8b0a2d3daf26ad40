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
from tasks.bulkhead import Bulkhead, Message, Place

log = logging.getLogger(__name__)

#: What a task that was turned away returns.
BUSY = "busy"

#: This worker's own; its processes inherit it. None: one account, or one process.
_bulkhead: Bulkhead | None = None


def build_bulkhead(*, accounts: int, processes: int) -> None:
    """Build this worker's bulkhead, before its processes are forked."""
    global _bulkhead
    if accounts < 2 or processes < 2:
        return
    folder = Path(tempfile.mkdtemp(prefix="augustan-bulkhead-"))
    _bulkhead = Bulkhead(folder, processes=processes)
    atexit.register(_remove, folder, os.getpid())


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
    if _bulkhead is None:
        yield True
        return
    try:
        place = _bulkhead.enter(account, message)
    except (OSError, ValueError) as error:
        log.warning("account %s is let in without a place: %s", account, error)
        yield True  # Orders are worth more than the order among them
        return
    try:
        yield place is not None
    finally:
        if place is not None:
            _leave(_bulkhead, place)


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
        app.send_task(name, args=arguments, ignore_result=True)
    except OperationalError as error:
        log.warning("could not ask again for %s %s: %s", name, " ".join(arguments), error)
