"""When a conditional order wakes, pure."""

from __future__ import annotations

from decimal import Decimal

from .algo_orders import AlgoOrder
from .market import Market
from .orders import ZERO

#: How far last and mark price may be apart for an order with price protection.
_TRIGGER_PROTECT = Decimal("0.05")


def watched_price(order: AlgoOrder, market: Market) -> Decimal:
    """Return the price that the order watches."""
    is_mark = order.working_type == "MARK_PRICE"
    return market.mark_price if is_mark else market.tape.last_price


def followed(order: AlgoOrder, market: Market) -> AlgoOrder:
    """Return a trailing stop with the best price since it is active; others as they are."""
    if order.order_type != "TRAILING_STOP_MARKET":
        return order
    price = watched_price(order, market)
    if not order.extreme_price:
        return order.changed(extreme_price=price) if _is_active(order, price) else order
    better = max if order.side == "SELL" else min
    extreme = better(order.extreme_price, price)
    return order if extreme == order.extreme_price else order.changed(extreme_price=extreme)


def _is_active(order: AlgoOrder, price: Decimal) -> bool:
    if not order.activation_price:
        return True
    is_above = price >= order.activation_price
    return is_above if order.side == "SELL" else price <= order.activation_price


def wakes(order: AlgoOrder, market: Market) -> bool:
    """Return whether the price wakes the order now.

    A stop wakes when the price moves against its side (up for a buy), a take-profit the other way,
    a trailing stop when the price has come back from its best by the callback rate.
    """
    price = watched_price(order, market)
    if order.order_type == "TRAILING_STOP_MARKET":
        return _has_come_back(order, price)
    rises = order.order_type.startswith("STOP") == (order.side == "BUY")
    return price >= order.trigger_price if rises else price <= order.trigger_price


def _has_come_back(order: AlgoOrder, price: Decimal) -> bool:
    if order.extreme_price == ZERO:
        return False
    share = order.callback_rate / 100
    if order.side == "SELL":
        return price <= order.extreme_price * (1 - share)
    return price >= order.extreme_price * (1 + share)


def is_price_far(order: AlgoOrder, market: Market) -> bool:
    """Return whether price protection holds the order back."""
    gap = abs(market.tape.last_price / market.mark_price - 1)
    return order.is_price_protected and gap > _TRIGGER_PROTECT
