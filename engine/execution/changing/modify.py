"""Change an order that rests: another one takes its place. See replacing.py."""

from __future__ import annotations

from engine.domain.order import Order
from engine.errors import UnknownOrder
from engine.execution.changing.replacing import name_successor, replace_with
from engine.execution.changing.wishes import Change, check_change, form_replacement
from engine.execution.context import AccountContext
from engine.execution.history import find_order


def request_change(context: AccountContext, client_order_id: str, change: Change) -> Order:
    """Write the wish down and hasten it; the same wish again changes nothing.

    Raises InvalidRequest for a wish that is none for this order, ChangeDenied where risk would
    not let the successor pass; then the order stays as it is.
    """
    order = find_order(context, client_order_id)
    if order is None:
        raise UnknownOrder(f"No order with the id {client_order_id} is known.")
    wish = form_replacement(order, change, name_successor(context, order))
    known = order.replacement
    if known is not None and known.is_same_wish(wish):
        return order
    check_change(order, change, wish)
    return replace_with(context, order, wish, lambda current: check_change(current, change, wish))
