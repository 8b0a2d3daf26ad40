"""Who leads for how long, and when to try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config import StreamSettings

#: Doubling more often than this exceeds every longest wait.
MOST_DOUBLINGS = 30


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Our leadership of one account, by our own monotonic clock."""

    term: int
    until_ms: int

    def is_held(self, now_ms: int) -> bool:
        return now_ms < self.until_ms


def take_lease(term: int | None, asked_at_ms: int, settings: StreamSettings) -> Lease | None:
    """Return the lease that the store granted; None where another leads.

    It is counted from before the question, so that it ends here before it ends in the store.
    """
    if term is None:
        return None
    return Lease(term=term, until_ms=asked_at_ms + settings.lease_ms)


def renewal_ms(settings: StreamSettings) -> int:
    """Return how often to ask for the leadership: two lost answers do not lose it."""
    return settings.lease_ms // 3


def reconnect_delay_ms(failures: int, jitter: float, settings: StreamSettings) -> int:
    """Return how long to wait before another connection, after so many that did not last.

    Doubles from the first wait to the longest; of each, `jitter` in [0, 1) takes up to a half,
    so that accounts which lost their streams together do not come back together.
    """
    doublings = min(max(failures - 1, 0), MOST_DOUBLINGS)
    whole_ms = min(settings.reconnect_first_ms << doublings, settings.reconnect_longest_ms)
    return whole_ms - int(whole_ms * jitter / 2)
