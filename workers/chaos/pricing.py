"""A wish becomes an order request at the prices of the moment. Pure."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import Any

from engine.domain.changing import Chase
from engine.domain.decimals import EXACT, plain
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderType, TimeInForce
from engine.order_manager import OrderRequest
from workers.chaos.wishes import BRACKETS, Kind, Wish

#: Kinds whose limit is on the other side of the price: they take what is there.
TAKING = frozenset({Kind.CROSSING, Kind.IOC, Kind.FOK})
MARKETS = frozenset({Kind.MARKET, Kind.REDUCE, Kind.BRACKET})
#: What is at market once it is set off.
STOPS = frozenset({Kind.STOP, Kind.TAKE_PROFIT, Kind.PAIR_STOP, Kind.TRAILING})
#: Enough moves to be seen, and a bound that is reached now and then.
CHASE = Chase(most_moves=5, most_away=Decimal("0.3"))
#: How much further away from the market a changed order waits, and how far a bracket's entry.
STEP, NEAR = Decimal("0.0015"), Decimal("0.0006")


def build_request(
    wish: Wish, instrument: Instrument, price: Decimal, account: str, key: str = ""
) -> OrderRequest:
    """Return the request; `price` is quote per base, `key` is empty inside a group."""
    common: dict[str, Any] = {"symbol": wish.symbol, "side": wish.side, "key": key, "test": True}
    common |= {"account": account, "cancel_after_ms": wish.lasts_ms}
    if wish.kind is Kind.QUOTE:
        return OrderRequest(quote_quantity=plain(wish.notional), **common)
    is_market = wish.kind in MARKETS | STOPS | {Kind.PAIR_LIMIT}  # A pair has one quantity
    quantity = instrument.round_quantity(EXACT.divide(wish.notional, price), is_market)
    terms = _terms(wish, instrument, price) | _bracket(wish, instrument, price)
    return OrderRequest(quantity=plain(quantity), **common, **terms)


def build_change(request: OrderRequest, instrument: Instrument) -> dict[str, str]:
    """Return a change that moves a resting order away from the market; none for other orders."""
    if request.chase is not None:
        return {}  # Its price is not its owner's
    if request.order_type is OrderType.LIMIT and request.time_in_force is None:
        field, is_above = "price", request.side is Side.SELL
    elif request.order_type in {OrderType.STOP, OrderType.TAKE_PROFIT}:
        field = "trigger_price"
        is_above = (request.side is Side.BUY) == (request.order_type is OrderType.STOP)
    else:
        return {}
    level = Decimal(str(getattr(request, field))) * (1 + (STEP if is_above else -STEP))
    return {field: plain(instrument.nearest_prices(level)[0])}


def _bracket(wish: Wish, instrument: Instrument, price: Decimal) -> dict[str, Any]:
    """Return the stop and the target, as far away from the entry as each other."""
    if wish.kind not in BRACKETS:
        return {}
    below, above = (
        plain(instrument.nearest_prices(price * (1 + sign * (wish.distance + STEP)))[sign > 0])
        for sign in (-1, 1)
    )
    is_long = wish.side is Side.BUY
    return {
        "stop_loss": below if is_long else above,
        "take_profit": above if is_long else below,
    }


def _terms(wish: Wish, instrument: Instrument, price: Decimal) -> dict[str, Any]:
    if wish.kind in MARKETS:
        return {"reduce_only": wish.kind is Kind.REDUCE}
    if wish.kind is Kind.CHASED:
        return {"order_type": OrderType.LIMIT, "chase": CHASE}
    if wish.kind is Kind.TRAILING:
        return {"order_type": OrderType.TRAILING_STOP, "trailing_rate": _trailing_rate(wish)}
    distance = NEAR if wish.kind is Kind.NEAR_BRACKET else wish.distance
    level = plain(instrument.nearest_prices(price * (1 + _away(wish) * distance))[0])
    if wish.kind is Kind.PAIR_STOP:
        return {"order_type": OrderType.STOP, "trigger_price": level}
    if wish.kind in {Kind.STOP, Kind.TAKE_PROFIT}:
        return {"order_type": OrderType(wish.kind.name.lower()), "trigger_price": level}
    terms: dict[str, Any] = {"order_type": OrderType.LIMIT, "price": level}
    if wish.kind in {Kind.IOC, Kind.FOK}:
        terms["time_in_force"] = TimeInForce(wish.kind.name.lower())
    return terms | ({"post_only": True} if wish.kind is Kind.POST_ONLY else {})


def _trailing_rate(wish: Wish) -> str:
    """Return the distance in percent, in the steps that contracts take."""
    return plain((wish.distance * 100).quantize(Decimal("0.1"), rounding=ROUND_UP))


def _away(wish: Wish) -> int:
    """Return on which side of the price the order waits: 1 above it, -1 below."""
    is_beyond = wish.kind in TAKING | {Kind.STOP, Kind.PAIR_STOP}
    is_above = (wish.side is Side.SELL) != is_beyond
    return 1 if is_above else -1
