"""A wish becomes an order request at the prices of the moment. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.decimals import EXACT, plain
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order import OrderType, TimeInForce
from engine.order_manager import OrderRequest
from workers.chaos.wishes import Kind, Wish

#: Kinds whose limit is on the other side of the price: they take what is there.
TAKING = frozenset({Kind.CROSSING, Kind.IOC, Kind.FOK})


def build_request(
    wish: Wish, instrument: Instrument, price: Decimal, account: str, key: str = ""
) -> OrderRequest:
    """Return the request; `price` is quote per base, `key` is empty inside a group."""
    common: dict[str, Any] = {"symbol": wish.symbol, "side": wish.side, "key": key, "test": True}
    common["account"] = account
    if wish.kind is Kind.QUOTE:
        return OrderRequest(quote_quantity=plain(wish.notional), **common)
    is_market = wish.kind in {Kind.MARKET, Kind.REDUCE, Kind.STOP, Kind.TAKE_PROFIT}
    quantity = instrument.round_quantity(EXACT.divide(wish.notional, price), is_market)
    return OrderRequest(quantity=plain(quantity), **common, **_terms(wish, instrument, price))


def _terms(wish: Wish, instrument: Instrument, price: Decimal) -> dict[str, Any]:
    if wish.kind in {Kind.MARKET, Kind.REDUCE}:
        return {"reduce_only": wish.kind is Kind.REDUCE}
    away = _away(wish)
    level = plain(instrument.nearest_prices(price * (1 + away * wish.distance))[0])
    if wish.kind in {Kind.STOP, Kind.TAKE_PROFIT}:
        return {"order_type": OrderType(wish.kind.name.lower()), "trigger_price": level}
    terms: dict[str, Any] = {"order_type": OrderType.LIMIT, "price": level}
    if wish.kind in {Kind.IOC, Kind.FOK}:
        terms["time_in_force"] = TimeInForce(wish.kind.name.lower())
    return terms | ({"post_only": True} if wish.kind is Kind.POST_ONLY else {})


def _away(wish: Wish) -> int:
    """Return on which side of the price the order waits: 1 above it, -1 below."""
    is_above = (wish.side is Side.SELL) != (wish.kind in TAKING or wish.kind is Kind.STOP)
    return 1 if is_above else -1
