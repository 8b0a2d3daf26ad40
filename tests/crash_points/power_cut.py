"""The store's append-only file as a power cut, or a copy that is too old, leaves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lockstep import read_redis

#: Takes away what a stopped server had written in this folder.
Loss = Callable[[Path], None]

#: Every claim puts its order there, and only claims do first.
_CLAIMED = b":in_doubt"


@dataclass(frozen=True, kw_only=True)
class Write:
    """What one command or script wrote, all or nothing."""

    begins_at: int
    data: bytes


def is_kept(folder: Path) -> bool:
    """Tell whether a server keeps its writes there."""
    return _file(folder).exists()


def nothing(folder: Path) -> None:
    """Lose nothing: what was acknowledged is on the disk."""


def everything(folder: Path) -> None:
    """Lose all of it, as a failover to an empty server does."""
    for path in (*folder.rglob("*.aof"), *folder.rglob("*.manifest")):
        path.unlink()


def last_writes(count: int) -> Loss:
    """Return the loss of the newest writes, those of the last second."""

    def lose(folder: Path) -> None:
        kept = list(_writes(folder))[-count:]
        _cut(folder, kept[:1])

    return lose


def since_the_claim(folder: Path) -> None:
    """Lose everything since the first claim, which is lost, too."""
    _cut(folder, [write for write in _writes(folder) if _is_claim(write)][:1])


def _is_claim(write: Write) -> bool:
    return _CLAIMED in write.data and b"ZADD" in write.data.upper()


def _cut(folder: Path, since: list[Write]) -> None:
    for write in since:
        os.truncate(_file(folder), write.begins_at)


def _writes(folder: Path) -> Iterator[Write]:
    """Read the file; the writes of one script stand between MULTI and EXEC."""
    with _file(folder).open("rb") as stream:
        begins_at, data = 0, b""
        while command := read_redis(stream):
            data += command
            word = command.split(b"\r\n")[2].upper()
            if word == b"SELECT" or (data.upper().startswith(_MULTI) and word != b"EXEC"):
                continue
            yield Write(begins_at=begins_at, data=data)
            begins_at, data = stream.tell(), b""


_MULTI = b"*1\r\n$5\r\nMULTI"


def _file(folder: Path) -> Path:
    """Return the file that grows: one, or from Redis 7 on the last of several."""
    parts = sorted(folder.rglob("*.incr.aof"))
    return parts[-1] if parts else folder / "appendonly.aof"
