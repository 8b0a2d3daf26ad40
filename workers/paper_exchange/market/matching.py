"""What an incoming order would take from the book: a plan, pure, before anything changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .book import Resting

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Match:
    """A part of one resting order, taken at its price."""

    resting: Resting
    quantity: Decimal


def floor_to(quantity: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `quantity`."""
    return (quantity // step) * step


def match_quantity(offers: Iterable[Resting], quantity: Decimal) -> list[Match]:
    """Take up to `quantity` (base) from `offers`, in their order."""
    matches: list[Match] = []
    if quantity <= 0:
        return matches
    # Nothing is looked at beyond the last match: to meet an order may end it
    for resting in offers:
        taken = min(quantity, resting.remaining)
        matches.append(Match(resting, taken))
        quantity -= taken
        if not quantity:
            break
    return matches


def match_quote(offers: Iterable[Resting], quote: Decimal, step: Decimal) -> list[Match]:
    """Take what `quote` pays for, in whole steps; stop when it does not pay for another step."""
    matches: list[Match] = []
    for resting in offers:
        affordable = floor_to(quote / resting.price, step)
        taken = min(affordable, resting.remaining)
        if taken <= 0:
            break
        matches.append(Match(resting, taken))
        quote -= taken * resting.price
        if taken < resting.remaining:
            break
    return matches


def matched_quantity(matches: Iterable[Match]) -> Decimal:
    return sum((m.quantity for m in matches), ZERO)


def matched_quote(matches: Iterable[Match]) -> Decimal:
    return sum((m.quantity * m.resting.price for m in matches), ZERO)
