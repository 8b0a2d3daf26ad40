"""Wish the end of orders whose time is over. By the store's clock, from the record on.

The limit stands with the order in the store, so it needs no message that waits and outlives every
process. What follows is a cancel like any other.
"""

from __future__ import annotations

from engine.errors import UnknownOrder
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel

#: One sweep ends so many; the rest is overdue in the next.
MOST_ENDED = 500


def end_overdue(context: AccountContext) -> int:
    """Wish the end of every order whose time is over; return how many there were."""
    overdue = context.store.list_overdue(MOST_ENDED)
    for client_order_id in overdue:
        try:
            request_cancel(context, client_order_id)
        except UnknownOrder:
            continue  # It has left meanwhile, and its entry with it
    return len(overdue)
