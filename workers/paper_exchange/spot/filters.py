"""The filters of a market, in the order and with the words of the exchange."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from workers.paper_exchange.errors import filter_failure, order_refused
from workers.paper_exchange.market.book import Book
from workers.paper_exchange.market.order_index import OpenOrders

from .market import Market, wakes
from .order_request import OrderRequest
from .orders import CONDITIONAL_TYPES, Order
from .symbols import SymbolRules

ZERO = Decimal(0)
#: Types that take whatever price they find.
_MARKET_TYPES = frozenset({"MARKET", "STOP_LOSS", "TAKE_PROFIT"})


def check_filters(request: OrderRequest, market: Market, now_ms: int) -> None:
    """Refuse with -1013 when the request breaks a filter of its market."""
    rules = market.rules
    average = market.tape.average_price(now_ms)
    for price in (request.price, request.trigger_price):
        if price:
            _check_price(price, rules)
    if request.price:
        _check_percent_price(request, rules, average)
    if request.quantity:
        _check_lot(request, rules)
    _check_notional(request, rules, average)


def _check_price(price: Decimal, rules: SymbolRules) -> None:
    if not rules.tick_size <= price <= rules.max_price or price % rules.tick_size:
        raise filter_failure("PRICE_FILTER")


def _check_percent_price(request: OrderRequest, rules: SymbolRules, average: Decimal) -> None:
    highest, lowest = average * rules.multiplier_up, average * rules.multiplier_down
    if not lowest <= request.price <= highest:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _check_lot(request: OrderRequest, rules: SymbolRules) -> None:
    quantity = request.quantity
    if not rules.step_size <= quantity <= rules.max_quantity or quantity % rules.step_size:
        raise filter_failure("LOT_SIZE")
    if request.order_type in _MARKET_TYPES and quantity > rules.market_max_quantity:
        raise filter_failure("MARKET_LOT_SIZE")


def _check_notional(request: OrderRequest, rules: SymbolRules, average: Decimal) -> None:
    at_market = request.order_type in _MARKET_TYPES
    price = average if at_market else request.price
    notional = request.quote_quantity or price * request.quantity
    if notional < rules.min_notional:
        raise filter_failure("NOTIONAL")
    if not at_market and notional > rules.max_notional:  # applyMaxToMarket is false
        raise filter_failure("NOTIONAL")


def check_open_orders(
    request: OrderRequest, rules: SymbolRules, open_orders: OpenOrders[Order]
) -> None:
    """Refuse the order that would exceed the market's number of open orders."""
    if len(open_orders) >= rules.max_orders:
        raise filter_failure("MAX_NUM_ORDERS")
    is_algo = request.order_type in CONDITIONAL_TYPES
    if is_algo and open_orders.conditional >= rules.max_algo_orders:
        raise filter_failure("MAX_NUM_ALGO_ORDERS")


def check_position(
    request: OrderRequest, rules: SymbolRules, held: Decimal, open_orders: Iterable[Order]
) -> None:
    """Refuse a buy after which the account could hold more than MAX_POSITION allows."""
    if rules.max_position is None or request.side != "BUY":
        return
    pending = sum((o.remaining_quantity for o in open_orders if o.side == "BUY"), ZERO)
    if held + pending + request.quantity > rules.max_position:
        raise filter_failure("MAX_POSITION")


def check_trigger(request: OrderRequest, last_price: Decimal) -> None:
    """Refuse a conditional order that the last price would wake at once."""
    if wakes(request.order_type, request.side, request.trigger_price, last_price):
        raise order_refused("Stop price would trigger immediately.")


def check_maker(request: OrderRequest, book: Book) -> None:
    """Refuse a LIMIT_MAKER that would take."""
    best = book.other_side(request.side).best()
    if best is None:
        return
    crosses = request.price >= best if request.side == "BUY" else request.price <= best
    if crosses:
        raise order_refused("Order would immediately match and take.")
