"""End an order when its rival has traded, where no exchange does it for us.

Both orders say who their rival is, written in one script, so nothing else has to survive. What one
of them does sends a message to cancel the other; a lost one is sent again by the sweep of the due
orders, which keeps both until they are settled and what they came to was compared.
"""

from __future__ import annotations

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.rivalry import compared, is_to_end
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.ending.cancel_wish import with_wish


def settle_rivalry(context: AccountContext, order: Order) -> Order:
    """Wish for the end that follows from what either rival did; return the order as it is then.

    Safe at any time and from both sides at once. What both traded beyond the wish is told.
    """
    stored = context.store.find_order(order.rival_id)
    if stored is None:
        return order  # Its ledger was forgotten; a pair leaves for the archive together
    rival = stored.value
    order, rival = _outdo(context, order, rival), _outdo(context, rival, order)
    if rival.cancel_requested_at_ms != stored.value.cancel_requested_at_ms:
        context.dispatcher.cancel_order(context.name, rival.client_order_id)
    _compare(context, rival, order)
    return _compare(context, order, rival)


def _outdo(context: AccountContext, order: Order, rival: Order) -> Order:
    """Wish for the order's end, and note in its timeline why, if its rival has acted."""
    if not is_to_end(order, rival):
        return order
    now_ms = context.clock.now_ms()
    why = context.tell(
        EventKind.ATTEMPT,
        f"its rival {rival.client_order_id} is {rival.status}: it is to end",
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
    )
    context.store.emit([why])
    return change_order(context, order.client_order_id, lambda one: with_wish(one, now_ms))


def _compare(context: AccountContext, order: Order, rival: Order) -> Order:
    if compared(order, rival) == order:
        return order
    return change_order(context, order.client_order_id, lambda one: compared(one, rival))
