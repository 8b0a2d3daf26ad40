"""Bring an account to rest: nothing open, nothing half booked."""

from __future__ import annotations

from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.ports import OrderFilter


def cancel_open_orders(context: AccountContext) -> int:
    """Ask for the end of every order that is not settled; return how many there were."""
    orders = context.store.list_orders(OrderFilter.ACTIVE)
    for order in orders:
        request_cancel(context, order.client_order_id)
    return len(orders)


def is_at_rest(context: AccountContext) -> bool:
    """Tell whether every order is settled and every trade is in position and portfolio."""
    store = context.store
    if store.list_orders(OrderFilter.ACTIVE) or store.list_outbox():
        return False
    stored = store.find_portfolio()
    cursors = store.load_cursors()
    return stored is not None and all(
        stored.value.cursors.get(symbol, 0) >= rows for symbol, rows in cursors.items()
    )
