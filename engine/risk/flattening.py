"""What an emergency sells or buys back of one position, and what it leaves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.derivative import PositionSide, market_of, side_of
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.position import Position, split_symbol
from engine.risk.book import is_spot


@dataclass(frozen=True, kw_only=True)
class Flattening:
    """What is to be done about a position."""

    terms: OrderTerms | None = None  # None: nothing can or need be ordered now
    problem: str = ""  # What keeps it from being flat
    left: tuple[str, ...] = ()  # What stays, and need not go


def plan_flattening(
    position: Position,
    instrument: Instrument | None,
    *,
    reducible: Decimal,
    free: Decimal,
    price: Decimal | None,
    sells_untraded: bool = False,
) -> Flattening:
    """Return the market order that closes the position, as far as it can be closed.

    On spot that is what trades opened; coins from before them are not ours to sell unless
    `sells_untraded`. `reducible` is what no unfinished order takes off already, `free` the
    balance of the base that nothing locks (spot only), both in base currency; `price` is quote
    per base, None where the market shows none.
    """
    base, quote = split_symbol(position.symbol)
    held = position.net_quantity if sells_untraded else _closable(position)
    with localcontext(EXACT):
        kept = position.net_quantity - held
    left = () if kept <= ZERO else (f"{plain(kept)} {base}: held before, not bought by orders",)
    if not held:
        return Flattening(left=left)
    if instrument is None or not quote:
        return Flattening(problem=f"{plain(held)} {base}: no market to close it in", left=left)
    if instrument.is_dust(held, price):
        return Flattening(left=(*left, f"{plain(held)} {base}: dust, too small to be ordered"))
    if not instrument.is_trading:
        return Flattening(
            problem=f"{plain(held)} {base}: {position.symbol} is suspended", left=left
        )
    return _order(position.symbol, held, instrument, reducible, free, left)


def _closable(position: Position) -> Decimal:
    """Return what is ours to close: on spot what trades opened and is still there."""
    if not is_spot(position.symbol):
        return position.net_quantity
    return max(min(position.traded_quantity, position.net_quantity), ZERO)


def _order(
    symbol: str,
    held: Decimal,
    instrument: Instrument,
    reducible: Decimal,
    free: Decimal,
    left: tuple[str, ...],
) -> Flattening:
    caps = [abs(held), reducible, *([free] if is_spot(symbol) else [])]
    largest = instrument.maximum_for(is_market=True)
    quantity = instrument.round_quantity(min([*caps, largest or caps[0]]), is_market=True)
    name = f"{plain(held)} {instrument.base}"
    if instrument.is_dust(quantity):
        why = (
            "an unfinished order may close it already"
            if instrument.is_dust(reducible)
            else f"only {plain(free)} of it is free"
        )
        return Flattening(problem=f"{name}: {why}", left=left)
    side = side_of(symbol)
    terms = OrderTerms(
        symbol=market_of(symbol),
        side=Side.SELL if held > 0 else Side.BUY,
        order_type=OrderType.MARKET,
        quantity=quantity,
        # In hedge mode the side of the position says it already
        reduce_only=not is_spot(symbol) and side is PositionSide.BOTH,
        position_side=side,
    )
    return Flattening(terms=terms, problem=f"{name}: being closed", left=left)
