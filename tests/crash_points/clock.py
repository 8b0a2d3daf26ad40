"""The time of a world, in a file that all its processes map: a jump reaches even a stopped one."""

from __future__ import annotations

import mmap
import struct
from dataclasses import astuple, dataclass
from pathlib import Path

from engine.system import SystemClock

_FORM = struct.Struct("<4q")


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far single clocks are before (above zero) or behind the others."""

    worker_ms: int = 0
    store_ms: int = 0
    exchange_ms: int = 0


@dataclass(frozen=True)
class Jump:
    """How far the clocks are ahead of the machine's: all of them, and single ones on top."""

    ahead_ms: int
    apart: Apart


class JumpingClock(SystemClock):
    """A clock that jumps with the world's; whoever measures durations sees it, too."""

    def __init__(self, path: Path, *, is_worker: bool) -> None:
        """Map the file, which `create_clock` made; a worker's clock may be apart."""
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORM.size)
        self._is_worker = is_worker

    @property
    def jump(self) -> Jump:
        ahead_ms, worker_ms, store_ms, exchange_ms = _FORM.unpack(self._map[:])
        apart = Apart(worker_ms=worker_ms, store_ms=store_ms, exchange_ms=exchange_ms)
        return Jump(ahead_ms, apart)

    def set(self, jump: Jump) -> None:
        self._map[:] = _FORM.pack(jump.ahead_ms, *astuple(jump.apart))

    def now_ms(self) -> int:
        jump = self.jump
        return super().now_ms() + jump.ahead_ms + (jump.apart.worker_ms if self._is_worker else 0)

    def monotonic_ms(self) -> int:
        return super().monotonic_ms() + self.jump.ahead_ms

    def store_now_ms(self) -> int:
        """Return what the store's own clock shows."""
        jump = self.jump
        return super().now_ms() + jump.ahead_ms + jump.apart.store_ms


def create_clock(path: Path) -> JumpingClock:
    """Return a world's own clock, in a new file."""
    path.write_bytes(bytes(_FORM.size))
    return JumpingClock(path, is_worker=False)
