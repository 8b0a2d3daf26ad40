"""The exchange's own clock: the machine's, moved by an offset that a test may set."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]


class ExchangeClock:
    """Milliseconds since the epoch as the exchange sees them."""

    def __init__(self) -> None:
        self.offset_ms = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms
