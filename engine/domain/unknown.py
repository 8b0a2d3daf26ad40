"""What a rebuild from the exchange cannot know, said plainly. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from engine.domain.decimals import plain


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What was taken from the exchange, and from when on."""

    opened_at_ms: int  # Exchange time from which on the ledger is complete
    history_from_ms: int  # Exchange time from which on orders were asked for
    lost_by_ms: int  # Exchange time by which the store had lost what it lost
    #: By asset: held, and no trade in the ledger explains it.
    openings: Mapping[str, Decimal] = field(default_factory=dict)


def describe_unknown(history_from_ms: int, keys_until_ms: int) -> dict[str, str]:
    """Return what the exchange cannot tell a store that was empty, by subject.

    `keys_until_ms` is our time until which a caller's own id is looked up there before it counts
    as new.
    """
    return {
        "unsent": "orders, and wishes to cancel, that were recorded and not sent: they are"
        " forgotten, and nothing of them is at the exchange; the same id may be placed again",
        "groups": "which orders were placed together: each that was found stands alone",
        "protections": "plans that guarded positions, and which orders were pairs: their orders go"
        " on as the exchange has them, and nothing resizes them or places them anew;"
        " `augustan protections` shows them",
        "signals": "signals that waited, and which ones were acted on",
        "keys": "which ids were used for what the exchange has not kept: until"
        f" {_in_words(keys_until_ms)} an own id is looked up there before it counts as new",
        "history": f"closed orders, and trades of others, from before {_in_words(history_from_ms)},"
        " and later ones of a market with nothing open or held that the watchlist does not name,"
        " until it is traded again: what they left is an opening row without an entry price, and"
        " profit begins there",
    }


def describe_openings(openings: Mapping[str, Decimal]) -> str:
    """Return what was there already in words; empty for nothing."""
    return ", ".join(f"{asset} {plain(amount)}" for asset, amount in sorted(openings.items()))


def _in_words(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(" ", "seconds")[:19] + " UTC"
