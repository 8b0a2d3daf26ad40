"""Time and chance."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return the wall clock in ms since 1970."""
        ...

    def monotonic_ms(self) -> int:
        """Return a clock that never jumps; for durations only."""
        ...

    def wait(self, duration_ms: int) -> None:
        """Let `duration_ms` pass."""
        ...


class Random(Protocol):
    def nonce(self) -> str:
        """Return a word that nobody has used before; sorts by time (a ULID)."""
        ...

    def jitter(self) -> float:
        """Return a number in [0, 1)."""
        ...
