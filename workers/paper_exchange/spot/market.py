"""A spot market, and when its conditional orders wake."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.market.market import Market as AnyMarket

from .symbols import SymbolRules


class Market(AnyMarket):
    """A market whose rules are those of a spot symbol."""

    rules: SymbolRules


def wakes(order_type: str, side: str, trigger_price: Decimal, last_price: Decimal) -> bool:
    """Return whether `last_price` wakes a conditional order.

    A stop wakes when the price moves against its side (up for a buy), a take-profit the other way.
    """
    rises = order_type.startswith("STOP_LOSS") == (side == "BUY")
    return last_price >= trigger_price if rises else last_price <= trigger_price
