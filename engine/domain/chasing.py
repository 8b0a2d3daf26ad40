"""Where a chased order belongs, and when it has gone far enough. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.changing import Chase
from engine.domain.decimals import EXACT
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.report import Ticker


@dataclass(frozen=True, kw_only=True)
class Stay:
    """The order is where it belongs."""


@dataclass(frozen=True, kw_only=True)
class Move:
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Over:
    """The chase has used what it was allowed."""

    why: str


Step = Stay | Move | Over


def touch_price(ticker: Ticker, side: Side, instrument: Instrument) -> Decimal | None:
    """Return the best price of the order's own side, where it rests first; None without one.

    Between two ticks, where an exchange shows such a price, the one that trades less is meant.
    """
    price = ticker.bid if side is Side.BUY else ticker.ask
    if not price.is_finite() or price <= 0:
        return None
    if instrument.is_on_tick(price):
        return price
    below, above = instrument.nearest_prices(price)
    return below if side is Side.BUY else above


def next_step(chase: Chase, side: Side, price: Decimal | None, touch: Decimal | None) -> Step:
    """Return what the best price asks of an order at `price`; None: it rests nowhere.

    An order that is itself the best price stays, also where it stands alone: the next one behind
    it is not known. One that was overtaken moves to the best price, never beyond the bound.
    """
    if touch is None or (price is not None and (touch - price) * side.sign <= 0):
        return Stay()
    if chase.moves >= chase.most_moves:
        return Over(why=f"{chase.moves} moves were made")
    if is_too_far(chase, side, touch):
        return Over(why=f"the price is more than {chase.most_away} % from the first one")
    return Move(price=touch)


def is_too_far(chase: Chase, side: Side, price: Decimal) -> bool:
    """Tell whether the price costs more than the bound allows; a better one never does."""
    if chase.first_price is None:
        return False
    with localcontext(EXACT):
        worse = (price - chase.first_price) * side.sign
        return worse * 100 > chase.first_price * chase.most_away
