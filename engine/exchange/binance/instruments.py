"""Binance's filters as the rules of an instrument. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.decimals import ZERO
from engine.domain.instrument import Instrument
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, quantity, text

#: What stands in for a filter that an instrument does not have.
NO_FILTER: Row = {}


def map_instruments(answer: Any) -> tuple[Instrument, ...]:
    """Return the spot instruments of an exchangeInfo.

    One listing that cannot be read is left out and so cannot be traded; it must not take the
    thousands of others with it. An answer in which none can be read is unreadable.
    """
    rows = as_rows(as_row(answer).get("symbols"))
    found = tuple(item for item in map(_readable, rows) if item is not None)
    if not found:
        raise Unreadable("the exchange lists no readable instrument")
    return found


def _readable(row: Row) -> Instrument | None:
    try:
        return map_instrument(row)
    except Unreadable:
        return None


def map_instrument(row: Row) -> Instrument:
    """Return one instrument; a bound of 0 means that Binance sets none."""
    filters = {text(item, "filterType"): item for item in as_rows(row.get("filters"))}
    lot, price = filters.get("LOT_SIZE", NO_FILTER), filters.get("PRICE_FILTER", NO_FILTER)
    market_lot = filters.get("MARKET_LOT_SIZE", NO_FILTER)
    base, quote = text(row, "baseAsset"), text(row, "quoteAsset")
    return Instrument(
        symbol=f"{base}/{quote}",
        exchange_symbol=text(row, "symbol"),
        base=base,
        quote=quote,
        is_trading=text(row, "status") == "TRADING" and row.get("isSpotTradingAllowed") is True,
        quantity_step=_bound(lot, "stepSize") or _digits(row, "baseAssetPrecision"),
        min_quantity=_bound(lot, "minQty") or ZERO,
        max_quantity=_bound(lot, "maxQty"),
        market_quantity_step=_bound(market_lot, "stepSize"),
        market_min_quantity=_bound(market_lot, "minQty"),
        market_max_quantity=_bound(market_lot, "maxQty"),
        price_tick=_bound(price, "tickSize") or _digits(row, "quoteAssetPrecision"),
        # Only with a tick: Binance counts ticks from zero
        min_price=_bound(price, "minPrice") or ZERO,
        max_price=_bound(price, "maxPrice"),
        min_notional=_min_notional(filters),
        quote_step=_digits(row, "quoteAssetPrecision"),
        max_conditional_orders=_count(filters.get("MAX_NUM_ALGO_ORDERS", NO_FILTER)),
    )


def _bound(filter_: Row, field: str) -> Decimal | None:
    return (quantity(filter_, field) or None) if field in filter_ else None


def _count(filter_: Row) -> int | None:
    """Return what a filter lets stand at once; contracts call it by another name."""
    for field in ("maxNumAlgoOrders", "limit"):
        if field in filter_:
            return int(quantity(filter_, field))
    return None


def _digits(row: Row, field: str) -> Decimal:
    """Return the smallest amount of so many decimal places."""
    places = row.get(field)
    if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= 18:
        raise Unreadable(f"{field} is {places!r}, expected a number of digits")
    return Decimal(1).scaleb(-places)


def _min_notional(filters: Mapping[str, Row]) -> Decimal:
    named = [filters.get(name, NO_FILTER) for name in ("NOTIONAL", "MIN_NOTIONAL")]
    return max((_bound(item, "minNotional") or ZERO for item in named), default=ZERO)
