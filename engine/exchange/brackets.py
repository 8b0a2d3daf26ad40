"""How much leverage an exchange allows for how large a position. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, plain
from engine.domain.order_terms import OrderTerms


@dataclass(frozen=True, kw_only=True)
class LeverageBracket:
    """Up to a worth, so much leverage."""

    number: str  # As the exchange names it
    max_leverage: int
    notional_cap: Decimal  # Quote currency; positions up to this are in it, or in one before


def leverage_fault(terms: OrderTerms, brackets: Sequence[LeverageBracket]) -> str | None:
    """Return the sentence about a leverage that no bracket gives the order; None where one does.

    An order without a price is judged by the highest leverage alone: what it comes to, and what
    is held already, the exchange judges itself.
    """
    if terms.leverage is None or not brackets:
        return None
    ordered = sorted(brackets, key=lambda one: one.notional_cap)
    price, worth = terms.price or terms.trigger_price, Decimal(0)
    if terms.quantity is not None and price is not None:
        with localcontext(EXACT):
            worth = terms.quantity * price
    found = next((one for one in ordered if worth <= one.notional_cap), ordered[-1])
    if terms.leverage <= found.max_leverage:
        return None
    of_worth = f" for a worth of {plain(worth)}" if worth else ""
    return (
        f"leverage is {terms.leverage}; bracket {found.number} of {terms.symbol}, up to"
        f" {plain(found.notional_cap)}, allows at most {found.max_leverage}{of_worth}."
    )
