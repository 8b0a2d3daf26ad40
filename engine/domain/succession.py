"""Whether another order is to take the place of one that has ended. Pure."""

from __future__ import annotations

from engine.domain.end_reason import NOT_PLACED
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus


def awaits_successor(order: Order) -> bool:
    """Tell whether another order is to be recorded in its place, now that it has ended."""
    if not order.is_settled or order.replacement is None:
        return was_bounced(order)
    return not order.replacement.is_over


def was_bounced(order: Order) -> bool:
    """Tell whether a chase goes on although the exchange did not let this order rest.

    The price had moved through it. An order that was not placed for all that is known, or
    whose end somebody wishes, is another matter.
    """
    if order.chase is None or order.chase.is_over or order.cancel_requested_at_ms is not None:
        return False
    code = order.reason.code if order.reason else ""
    is_refused = order.status is OrderStatus.REJECTED and code != NOT_PLACED
    is_ended = is_refused or order.status is OrderStatus.EXPIRED
    return is_ended and order.is_settled and order.replacement is None
