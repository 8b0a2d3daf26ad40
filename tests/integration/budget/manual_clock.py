"""A clock that moves only when somebody waits."""

from __future__ import annotations


class ManualClock:
    """Implements the port Clock."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms

    def wait(self, duration_ms: int) -> None:
        self.at_ms += duration_ms
