"""How long the outcome of an order was unknown, told from its timeline. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import Event, EventKind
from engine.domain.order_status import OrderStatus

#: What moves an order to another status; details say from which to which.
_MOVES = frozenset({EventKind.ORDER_CLAIMED, EventKind.ORDER_CHANGED})


def longest_doubt_ms(timeline: Sequence[Event], now_ms: int) -> int:
    """Return the longest time from a claim to the exchange's word, in ms.

    A claim without any word yet lasts until `now_ms`. Machines' clocks may differ: a word that
    seems to come before its claim counts as at once.
    """
    longest, claimed_at_ms = 0, None
    for event in timeline:
        if event.kind not in _MOVES:
            continue
        if claimed_at_ms is not None:
            longest = max(longest, event.at_ms - claimed_at_ms)
        claimed_at_ms = event.at_ms if _is_claim(event) else None
    if claimed_at_ms is not None:
        longest = max(longest, now_ms - claimed_at_ms)
    return longest


def _is_claim(event: Event) -> bool:
    is_to_submitted = event.details.get("after") == OrderStatus.SUBMITTED
    return event.kind is EventKind.ORDER_CLAIMED or is_to_submitted
