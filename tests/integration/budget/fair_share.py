"""What fairness between accounts means, in twenty lines: the model that the script must match."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class FairWindow:
    """One known window behind one address, and one lane that leaves a reserve to others."""

    limit: int
    interval_ms: int
    reserve: int = 0  # When a window begins
    last_reserve: int = 0  # When it ends
    index: int = -1
    used: Counter[str] = field(default_factory=Counter)
    asked_at_ms: dict[str, int] = field(default_factory=dict)

    def ask(self, account: str, cost: int, now_ms: int) -> int:
        """Take the cost and return 0, or return how long to wait."""
        self._turn(now_ms)
        self.asked_at_ms[account] = now_ms
        left_ms = self.left_ms(now_ms)
        room = self.limit - self.last_reserve - self.used.total() - cost
        if room < 0:
            return left_ms
        melting = self.reserve - self.last_reserve
        melting += sum(self.unused_share(name) for name in self.active(now_ms) - {account})
        if melting * left_ms > room * self.interval_ms:
            return left_ms - room * self.interval_ms // melting
        self.used[account] += cost
        return 0

    def active(self, now_ms: int) -> set[str]:
        """Return who asked within the last window."""
        since_ms = now_ms - self.interval_ms
        return {name for name, at_ms in self.asked_at_ms.items() if at_ms >= since_ms}

    def unused_share(self, account: str) -> int:
        """Return what the account has not used of half its fair share."""
        now_ms = max(self.asked_at_ms.values())
        share = (self.limit - self.reserve) // 2 // len(self.active(now_ms) | {account})
        return max(0, share - self.used[account])

    def left_ms(self, now_ms: int) -> int:
        return self.interval_ms - now_ms % self.interval_ms

    def _turn(self, now_ms: int) -> None:
        if now_ms // self.interval_ms != self.index:
            self.index = now_ms // self.interval_ms
            self.used.clear()
