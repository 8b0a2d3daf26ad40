"""The machine's own clock and chance."""

from __future__ import annotations

import random
import time

from ulid import ULID


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def wait(self, duration_ms: int) -> None:
        time.sleep(duration_ms / 1000)


class SystemRandom:
    def nonce(self) -> str:
        return str(ULID())

    def jitter(self) -> float:
        return random.random()
