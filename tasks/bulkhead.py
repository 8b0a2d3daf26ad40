"""One slow account must not take every process of a worker.

The processes of a worker share a private folder. Whoever works for an account holds a lock on one
of the account's places there; the kernel takes it back when the process dies. One process is
always left for the other accounts, and an account that keeps somebody waiting gets a single one.
What is turned away waits in the account's room and is asked for again by who leaves it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: An account is slow while somebody is inside for longer, and for a while after it.
SLOW_MS, SLOW_MEMORY_MS = 2_000, 5_000
#: More than can be sent while an order is valid; the sweeps find in the store what is dropped.
MOST_WAITING = 1_000

#: A message: the task's name, and its arguments.
Message = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """The right to work for an account; `file` holds the lock."""

    room: Path
    file: IO[str]
    since_ms: int


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What is going on in a room: a free place, and since when the others are taken."""

    free: IO[str] | None
    taken_ms: tuple[int, ...]


class Bulkhead:
    """The rooms of one worker's accounts."""

    def __init__(
        self,
        folder: Path,
        *,
        processes: int,
        slow_ms: int = SLOW_MS,
        now_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        """`now_ms` must be one clock for all processes of the machine."""
        self._folder = folder
        self._most = max(1, processes - 1)
        self._slow_ms = slow_ms
        self._now_ms = now_ms

    def enter(self, account: str, message: Message | None = None) -> Place | None:
        """Take a place; None when the account has enough of them. `message` then waits."""
        room = self._room(account)
        with _door(room):
            look, now_ms = self._look(room), self._now_ms()
            is_crowded = bool(look.taken_ms) and self._is_slow(room, look, now_ms)
            if look.free is None or is_crowded:
                _close(look.free)
                if message is not None:
                    _append(room, message)
                return None
            _write(look.free, now_ms)
            return Place(room=room, file=look.free, since_ms=now_ms)

    def leave(self, place: Place) -> list[Message]:
        """Give the place back; return the messages whose turn it is."""
        with _door(place.room):
            now_ms = self._now_ms()
            if now_ms - place.since_ms > self._slow_ms:
                (place.room / "slow_until").write_text(str(now_ms + SLOW_MEMORY_MS))
            place.file.close()
            look = self._look(place.room)
            _close(look.free)
            room_for = self._most - len(look.taken_ms)
            if self._is_slow(place.room, look, now_ms):
                room_for = 0 if look.taken_ms else 1
            return _take(place.room, room_for)

    def _room(self, account: str) -> Path:
        room = self._folder / account
        room.mkdir(mode=0o700, parents=True, exist_ok=True)  # Somebody may clean up
        return room

    def _look(self, room: Path) -> _Look:
        free: IO[str] | None = None
        taken: list[int] = []
        for number in range(self._most):
            file = _open(room / f"place{number}")
            if not _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
                taken.append(int(file.read() or 0))
                file.close()
            elif free is None:
                free = file
            else:
                file.close()
        return _Look(free=free, taken_ms=tuple(taken))

    def _is_slow(self, room: Path, look: _Look, now_ms: int) -> bool:
        if any(now_ms - since_ms > self._slow_ms for since_ms in look.taken_ms):
            return True
        mark = room / "slow_until"
        return mark.exists() and now_ms < int(mark.read_text() or 0)


@contextmanager
def _door(room: Path) -> Iterator[None]:
    """Let one process at a time look around in the room: a matter of microseconds."""
    with _open(room / "door") as door:
        _lock(door, fcntl.LOCK_EX)
        yield


def _open(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")


def _lock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True


def _write(file: IO[str], since_ms: int) -> None:
    file.seek(0)
    file.truncate()
    file.write(str(since_ms))
    file.flush()


def _close(file: IO[str] | None) -> None:
    if file is not None:
        file.close()


def _append(room: Path, message: Message) -> None:
    """Let a message wait; the same one waits once."""
    name, arguments = message
    line = json.dumps([name, *arguments])
    waiting = _waiting(room)
    if line not in waiting and len(waiting) < MOST_WAITING:
        with (room / "waiting").open("a") as file:
            file.write(f"{line}\n")


def _take(room: Path, count: int) -> list[Message]:
    waiting = _waiting(room)
    if not waiting or count < 1:
        return []
    (room / "waiting").write_text("".join(f"{line}\n" for line in waiting[count:]))
    return [_read(line) for line in waiting[:count]]


def _waiting(room: Path) -> Sequence[str]:
    path = room / "waiting"
    return path.read_text().splitlines() if path.exists() else ()


def _read(line: str) -> Message:
    name, *arguments = json.loads(line)
    return name, tuple(arguments)
