"""End orders of plans that nobody follows any more, before they close the next position.

After the loss of the store a plan is gone and its legs are found at the exchange. They go on
guarding the position; when it is flat they would wait for the next one, and close it. So would a
leg that its plan has dropped because it was called denied or not placed, and that stands after all.
"""

from __future__ import annotations

from engine.domain.order import Order
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.execution.protection.standing import is_unexplained
from engine.ports import OrderFilter
from engine.risk.book import current_position
from engine.risk.brackets import CLOSED_BY


def end_orphans(context: AccountContext) -> tuple[str, ...]:
    """Wish for the end of closing orders and dropped legs without a position, or a plan.

    Returns their ids. While its plan goes on and the position is held, a dropped leg may be the
    only one that guards it.
    """
    listed = context.store.list_orders(OrderFilter.OPEN)
    orders = [one for one in listed if one.cancel_requested_at_ms is None]
    # After the orders: a leg is named by its plan before it is recorded, and until it is over
    plans = {one.value.plan_id: one.value for one in context.store.list_protections()}
    named = {leg.client_order_id for plan in plans.values() for leg in plan.legs}
    left = [one for one in orders if _is_adopted_leg(one) or _is_dropped(one, named)]
    if not left:
        return ()
    book = context.store.load_risk_book()  # After the orders: a fill of theirs is in it
    ended = [
        order.client_order_id
        for order in left
        if (order.is_leg and order.protection not in plans)
        or not current_position(book, order.terms.position).net_quantity
    ]
    for name in ended:
        request_cancel(context, name)
    return tuple(ended)


def _is_adopted_leg(order: Order) -> bool:
    """Tell whether the order may be a leg whose plan was lost: no key of ours is known.

    In hedge mode no order says that it reduces; its side and its position's do.
    """
    terms = order.terms
    is_closing = terms.reduce_only or terms.side is CLOSED_BY.get(terms.position_side)
    return is_closing and is_unexplained(order)


def _is_dropped(order: Order, named: set[str]) -> bool:
    """Tell whether the order is a leg that its plan knows no more."""
    return order.is_leg and order.client_order_id not in named
