"""From an order that has ended to the one in its place. Pure.

The successor is decided only once the order is settled: every trade of it is booked then, so what
is left of the wish is known, and no trade can come on top of the successor's.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from engine.domain.changing import Chase, Replacement, ReplacementStep
from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.end_reason import NOT_PLACED
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.request import OrderIntent

#: Our own end of an order that was never sent.
NEVER_SENT = "CANCELED"
#: Why there is no successor, though nothing else was in its way.
WITHDRAWN = "the end of the order was wished meanwhile"


def successor_key(client_order_id: str) -> str:
    """Return the key of the order in its place: one order has one successor at most."""
    return f"{client_order_id}/replace"


def decide(order: Order) -> Order:
    """Return the order with its replacement decided, or dropped with the reason."""
    wish = order.replacement
    if wish is None or wish.step is not ReplacementStep.AWAITED or not order.is_settled:
        return order
    with localcontext(EXACT):
        left = wish.quantity - order.filled_quantity
    note = why_none(order, wish, left)
    if note:
        return replace(order, replacement=drop(wish, note))
    decided = replace(wish, step=ReplacementStep.DECIDED, decided_quantity=left)
    return replace(order, replacement=decided)


def why_none(order: Order, wish: Replacement, left: Decimal) -> str:
    """Return why nothing may take the order's place; "" where something may."""
    if wish.is_withdrawn:
        return WITHDRAWN
    if not may_be_followed(order):
        return f"the order ended as {order.status} and not by our cancel"
    if left <= ZERO:
        return f"the order has filled {plain(order.filled_quantity)} already"
    return ""


def may_be_followed(order: Order) -> bool:
    """Tell whether it is certain that the order is over, and how much it has filled.

    What was inferred, forgotten or said by a person is no ground for another order. One that was
    refused, or ended by the exchange, ended the wish; only a chase tries at another price.
    """
    if order.is_forgotten or order.contradicted:
        return False
    code = order.reason.code if order.reason else ""
    if order.status is OrderStatus.CANCELED:
        return not code
    if order.status is OrderStatus.DENIED:
        return code == NEVER_SENT
    is_refused = order.status is OrderStatus.REJECTED and code != NOT_PLACED
    return order.chase is not None and (is_refused or order.status is OrderStatus.EXPIRED)


def drop(wish: Replacement, note: str) -> Replacement:
    return replace(wish, step=ReplacementStep.DROPPED, note=note)


def form_successor(order: Order, wish: Replacement, quantity: Decimal) -> OrderIntent:
    """Return the wish for the order in its place: its terms, but for what was changed."""
    terms = order.terms
    order_type = OrderType.MARKET if wish.is_market else terms.order_type
    return OrderIntent(
        account=order.account,
        symbol=terms.symbol,
        side=terms.side,
        order_type=order_type,
        quantity=quantity,
        price=wish.price if order_type.has_price else None,
        trigger_price=wish.trigger_price if order_type.has_trigger else None,
        time_in_force=terms.time_in_force if order_type.has_price else None,
        post_only=terms.post_only and order_type.has_price,
        reduce_only=terms.reduce_only,
        leverage=terms.leverage,
        position_side=terms.position_side,
        good_till_ms=terms.good_till_ms if order_type.has_price else None,
        trigger_by=terms.trigger_by,
        key=successor_key(order.client_order_id),
        strategy=order.strategy,
        replaces=order.client_order_id,
        protection=order.protection,
        chase=_next_chase(order.chase, wish),
        cancel_at_ms=order.cancel_at_ms,
    )


def _next_chase(chase: Chase | None, wish: Replacement) -> Chase | None:
    return None if chase is None or wish.is_market else replace(chase, moves=wish.moves)
