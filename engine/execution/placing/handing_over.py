"""Ask workers to send what was recorded. What a lost message leaves the sweep sends."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.lanes import Lane, submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.context import AccountContext


def hand_over(context: AccountContext, orders: Sequence[Order]) -> None:
    """Ask for each order that is unsent, by its lane."""
    ready: dict[Lane, list[str]] = {}
    for order in orders:
        if order.status is OrderStatus.INITIALIZED and not order.is_waiting:
            ready.setdefault(submit_lane(order), []).append(order.client_order_id)
    for lane, names in ready.items():
        context.dispatcher.submit_orders(context.name, names, lane)
