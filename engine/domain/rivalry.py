"""Two orders of which one cancels the other, where we watch them. Pure.

The rule is the exchange's own for lists: as soon as one moves (trades, or is triggered) the other
is to end, and one that ends before it moved takes the other along. Until the other's end both may
trade; what they trade beyond the wish is told.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Protocol

from engine.domain.decimals import EXACT, ZERO
from engine.domain.order import Order


class Rival(Protocol):
    """What must be known of an order to decide about its rival."""

    @property
    def is_closed(self) -> bool: ...

    @property
    def has_moved(self) -> bool: ...

    @property
    def cancel_requested_at_ms(self) -> int | None: ...


def is_to_end(order: Rival, rival: Rival) -> bool:
    """Tell whether the order's end is to be wished for what its rival did.

    The rest of one that has moved stays when its rival ends: it ended that one.
    """
    is_outdone = rival.has_moved or (rival.is_closed and not order.has_moved)
    return is_outdone and not order.is_closed and order.cancel_requested_at_ms is None


def is_news_for_rival(before: Order, after: Order) -> bool:
    """Tell whether something may follow for the rival from the change of an order."""
    if after.rival_id == "":
        return False
    steps = [
        (one.has_moved, one.is_closed, one.is_settled, len(one.fills)) for one in (before, after)
    ]
    return steps[0] != steps[1]


def awaits_comparison(order: Order) -> bool:
    """Tell whether nobody has seen yet what the order, now settled, and its rival came to."""
    is_new = order.compared_quantity != order.filled_quantity
    return order.rival_id != "" and order.is_settled and is_new


def compared(order: Order, rival: Order) -> Order:
    """Return the order after a look at what both have traded.

    Of the two the one with the smaller id bears the excess, so that it is told once; it can only
    grow. An order is compared for good when both are settled, until one of them trades again.
    """
    with localcontext(EXACT):
        traded = order.filled_quantity + rival.filled_quantity
        excess = max(traded - (order.quantity or ZERO), order.rival_excess)
    if order.client_order_id < rival.client_order_id:
        order = replace(order, rival_excess=excess)
    if order.is_settled and rival.is_settled:
        order = replace(order, compared_quantity=order.filled_quantity)
    return order


def counted_excess(before: Order, after: Order) -> Decimal | None:
    """Return what both rivals traded beyond the wish (base), where it grew by this change."""
    return after.rival_excess if after.rival_excess > before.rival_excess else None
