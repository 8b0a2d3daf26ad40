"""Two orders of which one cancels the other, in Binance spot's words. Pure.

A sale takes its profit above the price and stops its loss below it, a purchase the other way
round; Binance wants to be told which leg is where. Documentation of `orderList/oco`, 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.decimals import plain
from engine.domain.identity import ORDER_PREFIX
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms
from engine.errors import InvalidRequest
from engine.exchange.binance.parameters import (
    POST_ONLY,
    TYPES,
    Parameters,
    check_terms,
    require_claimed,
)
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, text

Pair = tuple[Order, Order]

#: Begins the id of a list; the rest is that of its first order.
LIST_PREFIX = "aul"
#: Together with a sign for each leg's place: what has a trigger, and what does not.
_PARTS = ("above", "below")


def check_list(orders: Pair) -> None:
    """Raise InvalidRequest for what Binance does not take as one list; nothing is sent then."""
    first, second = (order.terms for order in orders)
    for field in ("symbol", "side", "quantity"):
        if getattr(first, field) != getattr(second, field):
            raise InvalidRequest(
                f"{field} is {getattr(first, field)} and {getattr(second, field)};"
                " two orders of which one cancels the other have the same."
            )
    stops = [terms for terms in (first, second) if terms.order_type.has_trigger]
    makers = [terms for terms in (first, second) if terms.post_only]
    if len(stops) != 1 or len(makers) != 1:
        raise InvalidRequest(
            f"order_type is {first.order_type} and {second.order_type}; of two orders of which one"
            " cancels the other, one has a trigger_price and one is a post-only limit order."
        )
    for terms in (first, second):
        check_terms(terms)


def list_parameters(orders: Pair, symbol: str) -> Parameters:
    """Return the parameters of two claimed orders, which share their signing time."""
    check_list(orders)
    signed = {(require_claimed(order), order.recv_window_ms) for order in orders}
    if len(signed) != 1:
        raise ValueError("the orders of a list were not claimed for the same time")
    ((signed_at_ms, recv_window_ms),) = signed
    terms = orders[0].terms
    assert terms.quantity is not None
    upper, lower = sorted(orders, key=lambda order: _place(order.terms), reverse=True)
    return {
        "symbol": symbol,
        "side": terms.side.upper(),
        "quantity": plain(terms.quantity),
        "listClientOrderId": list_id(orders),
        **_leg(_PARTS[0], upper),
        **_leg(_PARTS[1], lower),
        "newOrderRespType": "RESULT",
        "timestamp": signed_at_ms,
        "recvWindow": recv_window_ms,
    }


def list_id(orders: Pair) -> str:
    """Return the list's own id: that of its first order, under another beginning."""
    return LIST_PREFIX + orders[0].client_order_id.removeprefix(ORDER_PREFIX)


def _place(terms: OrderTerms) -> Decimal:
    price = terms.trigger_price if terms.trigger_price is not None else terms.price
    assert price is not None
    return price


def _leg(part: str, order: Order) -> Parameters:
    terms = order.terms
    kind = POST_ONLY if terms.post_only else TYPES[terms.order_type]
    found: Parameters = {f"{part}Type": kind, f"{part}ClientOrderId": order.client_order_id}
    if terms.trigger_price is not None:
        found[f"{part}StopPrice"] = plain(terms.trigger_price)
    if terms.price is not None:
        found[f"{part}Price"] = plain(terms.price)
        if not terms.post_only:
            found[f"{part}TimeInForce"] = (terms.time_in_force or "gtc").upper()
    return found


def pick_row(answer: Any, order: Order) -> Row:
    """Return the row about one of the orders in the answer to the placement of a list."""
    for row in as_rows(as_row(answer).get("orderReports")):
        if text(row, "clientOrderId") == order.client_order_id:
            return row
    raise Unreadable(f"the list was placed, and nothing is said of {order.client_order_id}")
