"""How often the looks of one account may ask, so that all accounts slow down evenly. Pure.

Every look is paid for out of the account's share of the request weight. What it takes moves the
time up to which the share is used; the next look waits until that time is near.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.ports import Counted, Window

MINUTE_MS = 60_000
#: Which part of the polling lane's allowance the looks may take: the rest is for what they lead
#: to, and for polls of new orders.
LOOKS_SHARE = 0.5
#: Looks may run so far ahead of their share: one long list must not delay the next short look.
BURST_MS = 10_000
#: Lists of all open orders take at most one part in so many of the share; probes have the rest.
LISTS_PART = 3
#: Full lists are not more frequent than this, however much allowance there is.
FULL_LIST_MS = 5_000
#: Weight per minute where the exchange does not count any.
UNLIMITED = 1_000_000


def polling_weight(windows: Iterable[Window], lane_share: float, accounts: int) -> int:
    """Return the weight per minute for the looks of one of `accounts` behind one address."""
    per_minute = (
        window.limit * MINUTE_MS // window.interval_ms
        for window in windows
        if window.counted is Counted.WEIGHT
    )
    least = min(per_minute, default=UNLIMITED)
    return max(1, math.floor(least * lane_share * LOOKS_SHARE / max(1, accounts)))


def duration_ms(weight: int, per_minute: int) -> int:
    """Return for how long `weight` uses up a share of so much per minute."""
    return -(-weight * MINUTE_MS // max(1, per_minute))


def pay_ms(paid_until_ms: int, now_ms: int, weight: int, per_minute: int) -> int:
    """Return up to when the share is used after `weight` more."""
    return max(paid_until_ms, now_ms) + duration_ms(weight, per_minute)


def full_list_ms(weight: int, interval_ms: int, per_minute: int) -> int:
    """Return the time between two lists of all open orders, while shorter looks go on."""
    return max(FULL_LIST_MS, interval_ms, LISTS_PART * duration_ms(weight, per_minute))
