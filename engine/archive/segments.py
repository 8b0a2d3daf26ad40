"""Append-only files of JSON lines: one a month for each kind of record.

What `append` returned from is on the disk. A line that a crash cut off has no end: readers pass it
over, and the next append takes it away.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import Retryable

_LOCK = "lock"
#: So far back a file is read at once to find the end of its last whole line.
_BLOCK = 1 << 16


def list_segments(folder: Path, kind: str) -> list[Path]:
    """Return the files of a kind, oldest first."""
    return sorted(folder.glob(f"{kind}-*.jsonl"))


def append(folder: Path, kind: str, month: str, lines: Iterable[bytes]) -> None:
    """Add lines to the month's file; return when the disk has them.

    Raises OSError when it does not: nothing may then be taken for kept.
    """
    data = b"".join(line + b"\n" for line in lines)
    path = folder / f"{kind}-{month}.jsonl"
    is_new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
        _cut_torn_line(file)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(folder)


def _cut_torn_line(file: BinaryIO) -> None:
    """Take away what follows the last end of a line, and stay at the end."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(end - _BLOCK, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    file.truncate(end)
    file.seek(end)


def sync_folder(folder: Path) -> None:
    """Have the disk know the names in the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_lines(path: Path) -> Iterator[bytes]:
    """Return the whole lines of a file, without their ends."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def find_lines(path: Path, text: bytes) -> Iterator[bytes]:
    """Return the whole lines that contain `text`; only those are looked at one by one."""
    if not path.stat().st_size:
        return  # Nothing cannot be mapped
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        at = view.find(text)
        while at >= 0:
            end = view.find(b"\n", at)
            if end < 0:
                return
            yield view[view.rfind(b"\n", 0, at) + 1 : end]
            at = view.find(text, end)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Be the only writer of the folder; Retryable when another process is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Retryable(f"Another process writes to the archive {folder}.") from None
        yield
