"""The way out of each kind of order: alone, or in one list with its partner."""

from __future__ import annotations

from engine.domain.order_status import OrderStatus
from engine.execution.context import AccountContext
from engine.execution.placing.list_submission import submit_list
from engine.execution.placing.submission import submit_order


def send_order(context: AccountContext, client_order_id: str) -> OrderStatus:
    """Send the order if it is still unsent; safe to call at any time, any number of times."""
    if context.store.load_order(client_order_id).value.partner_id:
        return submit_list(context, client_order_id)
    return submit_order(context, client_order_id)
