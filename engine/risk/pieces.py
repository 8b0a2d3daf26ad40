"""How a quantity above the largest market order is split into several. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

from engine.domain.decimals import EXACT
from engine.domain.instrument import Instrument


def count_pieces(whole: Decimal, instrument: Instrument) -> int:
    """Return how many market orders it takes to trade `whole` (base currency); at least 1."""
    largest = instrument.maximum_for(is_market=True)
    most = instrument.round_quantity(largest, is_market=True) if largest is not None else None
    if not most:
        return 1
    with localcontext(EXACT):
        sellable = instrument.round_quantity(whole, is_market=True)
        return max(int((sellable / most).to_integral_value(rounding=ROUND_CEILING)), 1)


def size_piece(whole: Decimal, pieces: int, instrument: Instrument) -> Decimal:
    """Return the first of so many market orders that trade `whole` (base currency) together.

    All are of one size but for a step, so that none is too small by itself: a last one of what the
    others leave could be dust.
    """
    step = instrument.step_for(is_market=True)
    if pieces == 1 or not step:
        return whole
    with localcontext(EXACT):
        steps = instrument.round_quantity(whole, is_market=True) / step
        return (steps / pieces).to_integral_value(rounding=ROUND_CEILING) * step
