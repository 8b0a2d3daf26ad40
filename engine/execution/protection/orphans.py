"""End orders that only reduce and have nothing left to reduce, where nobody knows their plan.

After the loss of the store a plan is gone and its legs are found at the exchange. They go on
guarding the position; when it is flat they would wait for the next one, and close it.
"""

from __future__ import annotations

from engine.domain.order import Order
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.execution.protection.standing import is_unexplained
from engine.ports import OrderFilter
from engine.risk.book import current_position


def end_orphans(context: AccountContext) -> tuple[str, ...]:
    """Wish for the end of adopted reduce-only orders without a position; return their ids."""
    adopted = [one for one in context.store.list_orders(OrderFilter.OPEN) if _is_adopted_leg(one)]
    if not adopted:
        return ()
    book = context.store.load_risk_book()  # After the orders: a fill of theirs is in it
    ended = [
        order.client_order_id
        for order in adopted
        if not current_position(book, order.terms.position).net_quantity
    ]
    for name in ended:
        request_cancel(context, name)
    return tuple(ended)


def _is_adopted_leg(order: Order) -> bool:
    """Tell whether the order may be a leg whose plan was lost: no key of ours is known."""
    is_wished = order.cancel_requested_at_ms is not None
    return order.terms.reduce_only and is_unexplained(order) and not is_wished
