"""Make up for writes that a store may have lost when it woke up in another life.

Which ones it lost cannot be seen in it: a claim, a record, an end. The exchange is asked.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import AccountState
from engine.domain.unknown import Rebuilt
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.reconciling.recent_orders import take_recent_orders
from engine.ports import OrderFilter

#: The worker that ended the last reconcile may have had another time.
CLOCKS_APART_MS = 600_000


def make_up_for_lost_writes(context: AccountContext, state: AccountState) -> Rebuilt:
    """Doubt what is unsent, and take in what the store may have known; keys may be forgotten.

    Writes are lost from the newest on: what was recorded before the last reconcile is here.
    """
    doubt_unsent(context)
    began_ms = ask_exchange_time(context, Lane.RESOLVE)
    oldest_ms = began_ms - context.timings.key_horizon_ms
    take_recent_orders(context, max(state.reconciled_at_ms - CLOCKS_APART_MS, oldest_ms))
    return Rebuilt(
        opened_at_ms=state.opened_at_ms,
        history_from_ms=state.history_from_ms,
        lost_by_ms=began_ms,
    )


def doubt_unsent(context: AccountContext) -> None:
    """Put every unsent order in doubt: its claim may be among the writes that were lost.

    It cannot have been signed later than it was valid; one that waits for its trigger, or that no
    age ends, not later than now: nothing is claimed before this reconcile is over.
    """
    for order in context.store.list_orders(OrderFilter.ACTIVE):
        if order.status is OrderStatus.INITIALIZED:
            exchange_now_ms = ask_exchange_time(context, Lane.RESOLVE)
            now_ms = context.clock.now_ms()
            doubt = partial(_doubt, context.timings.recv_window_ms, exchange_now_ms, now_ms)
            change_order(context, order.client_order_id, doubt)


def _doubt(recv_window_ms: int, exchange_now_ms: int, now_ms: int, order: Order) -> Order:
    if order.status is not OrderStatus.INITIALIZED:
        return order
    latest_ms = exchange_now_ms
    if order.valid_until_ms is not None and not order.is_waiting:
        latest_ms = order.valid_until_ms + max(exchange_now_ms - now_ms, 0)
    return replace(
        order.to(OrderStatus.SUBMITTED),
        attempt=order.attempt + 1,
        nonce=None,
        signed_at_ms=latest_ms,
        recv_window_ms=recv_window_ms,
    )
