"""What fairness between accounts means: the model that the script must match."""

from __future__ import annotations

from bisect import bisect_right
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
        enough_ms = bisect_right(
            range(left_ms + 1),
            room * self.interval_ms,
            key=lambda left: self._kept(account, now_ms, left),
        )
        if enough_ms <= left_ms:
            return left_ms - (enough_ms - 1)
        self.used[account] += cost
        return 0

    def _kept(self, account: str, now_ms: int, left_ms: int) -> int:
        """Return what is kept from the account when so much time is left, times the interval."""
        others = self.active(now_ms) - {account}
        shares = sum(self.share_left(name, now_ms, left_ms) for name in others)
        return (self.reserve - self.last_reserve) * left_ms + shares

    def share_left(self, account: str, now_ms: int, left_ms: int) -> int:
        """Return what the account has not used of its melting share, times the interval."""
        share = (self.limit - self.reserve) // 2 // len(self.active(now_ms) | {account})
        return max(0, share * left_ms - self.used[account] * self.interval_ms)

    def active(self, now_ms: int) -> set[str]:
        """Return who asked within the last window."""
        since_ms = now_ms - self.interval_ms
        return {name for name, at_ms in self.asked_at_ms.items() if at_ms >= since_ms}

    def left_ms(self, now_ms: int) -> int:
        return self.interval_ms - now_ms % self.interval_ms

    def _turn(self, now_ms: int) -> None:
        if now_ms // self.interval_ms != self.index:
            self.index = now_ms // self.interval_ms
            self.used.clear()
