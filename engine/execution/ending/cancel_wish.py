"""Write down that an order is to end. The wish survives whoever had it."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.changing import ReplacementStep
from engine.domain.order import Order
from engine.domain.succession import was_bounced
from engine.errors import UnknownOrder
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.history import find_order


def wish_cancel(context: AccountContext, client_order_id: str) -> Order:
    """Write the wish down and nothing more; for a replaced order, with the one in its place."""
    order = _write_wish(context, client_order_id)
    while order.replacement is not None and order.replacement.step is ReplacementStep.RECORDED:
        order = _write_wish(context, order.replacement.client_order_id)
    return order


def _write_wish(context: AccountContext, client_order_id: str) -> Order:
    now_ms = context.clock.now_ms()
    try:
        return change_order(context, client_order_id, lambda order: with_wish(order, now_ms))
    except UnknownOrder:
        archived = find_order(context, client_order_id)
        if archived is None:
            raise
        return archived  # It ended long ago


def with_wish(order: Order, now_ms: int) -> Order:
    """Return the order with the wish for its end; one that is closed needs none. Pure."""
    wanted = order.replacement
    if wanted is not None and not wanted.is_over:
        order = replace(order, replacement=replace(wanted, is_withdrawn=True))
    if was_bounced(order) and order.chase is not None:
        order = replace(order, chase=replace(order.chase, is_over=True))
    if order.is_closed or order.cancel_requested_at_ms is not None:
        return order
    return replace(order, cancel_requested_at_ms=now_ms)
