"""Which levels of a book changed since a difference stream was told the last time."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from workers.paper_exchange.market.market import Market

from .market_events import Levels, changed_levels

#: Levels of the book that a difference stream covers.
_DEPTH = 1000

Sides = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


@dataclass
class _Followed:
    """Bids and asks as last looked at, and what changed in them since the stream was told."""

    looked_id: int  # The update id of that look
    sides: Sides
    changes: Sides = field(default_factory=lambda: ({}, {}))


class Differences:
    """Remembers each change, also of a level that came and went since the stream was told.

    A query may have shown it in between: whoever begins with that answer must hear of its end.
    """

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}

    def names(self) -> list[str]:
        """Return the streams that are followed."""
        return list(self._followed)

    def begin(self, name: str, market: Market) -> None:
        """Follow the book of a stream from now on; one that is followed goes on."""
        self._followed.setdefault(name, _Followed(market.update_id, _sides(market)))

    def end(self, name: str) -> None:
        self._followed.pop(name, None)

    def note(self, name: str, market: Market) -> None:
        """Look at the book after each change that a query may show."""
        followed = self._followed[name]
        if market.update_id == followed.looked_id:
            return
        before, followed.sides = followed.sides, _sides(market)
        followed.looked_id = market.update_id
        for changes, was, now in zip(followed.changes, before, followed.sides, strict=True):
            changes.update(changed_levels(was, now))

    def take(self, name: str, market: Market) -> tuple[Levels, Levels]:
        """Return the changed bids and asks, as they are now; they count as told."""
        self.note(name, market)
        followed = self._followed[name]
        changes, followed.changes = followed.changes, ({}, {})
        return changes


def _sides(market: Market) -> Sides:
    book = market.book
    return dict(book.bids.levels(_DEPTH)), dict(book.asks.levels(_DEPTH))
