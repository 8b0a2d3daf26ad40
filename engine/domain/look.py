"""What the looks at one account remember of each other. Losing it costs requests, never truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Something could not be seen so often in a row, and is left alone until then."""

    tries: int
    until_ms: int


@dataclass(frozen=True, kw_only=True)
class LookMemory:
    """Times are of the clock of whoever looks; the store translates them (see `shift`)."""

    asked_at_ms: int = 0  # When the newest look began
    next_ms: int = 0  # When the next one is due; 0 = at once
    was_live: bool = False  # The next look is so far away because a live stream told the news
    paid_until_ms: int = 0  # Up to when the looks have used their share of the allowance
    listed_at_ms: Mapping[str, int] = field(default_factory=dict)  # By symbol: its open orders
    #: By asset, "free used" as the newest probe showed it; None: there was none.
    holdings: Mapping[str, str] | None = None
    #: Symbols whose assets moved without a reason that was seen: listed once more.
    unexplained: tuple[str, ...] = ()
    #: By asset, the total when trades of strangers were last looked for.
    totals: Mapping[str, str] | None = None
    totals_at_ms: int = 0
    #: By client order id: orders that left the list of open ones and are not understood yet.
    left: Mapping[str, Wait] = field(default_factory=dict)
    #: By symbol: markets whose open orders the exchange does not list.
    refused: Mapping[str, Wait] = field(default_factory=dict)


def shift(memory: LookMemory, by_ms: int) -> LookMemory:
    """Return the same memory by a clock that is so far ahead. 0, which is no time, stays."""

    def moved(at_ms: int) -> int:
        return at_ms and at_ms + by_ms

    def wait(waits: Mapping[str, Wait]) -> Mapping[str, Wait]:
        return {k: replace(one, until_ms=moved(one.until_ms)) for k, one in waits.items()}

    return replace(
        memory,
        asked_at_ms=moved(memory.asked_at_ms),
        next_ms=moved(memory.next_ms),
        paid_until_ms=moved(memory.paid_until_ms),
        listed_at_ms={symbol: moved(at_ms) for symbol, at_ms in memory.listed_at_ms.items()},
        totals_at_ms=moved(memory.totals_at_ms),
        left=wait(memory.left),
        refused=wait(memory.refused),
    )
