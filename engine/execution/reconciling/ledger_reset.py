"""Begin a new ledger after the exchange has reset its own. Only where no real money is.

Ids begin again at 1 there, so nothing of the old ledger may stand beside the new one: what was
open ends with its reason, the old rows move aside in one write, and the reconcile goes on as on
an account that was never opened. Keys stay spent: an order that went out is not sent again.
Every step may be repeated; after a crash in between, the next reconcile finds the same proof, or
an account that waits for its rebuild.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.end_reason import Reason
from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import empty_position, split_symbol
from engine.domain.trading_state import AccountState
from engine.errors import ConcurrentChange
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.doubt.sighting import find_by_own_ids
from engine.execution.reconciliation import apply_forgetting
from engine.execution.schedule import settles_at_ms
from engine.ports import OrderFilter

LEDGER_RESET = "LEDGER_RESET"
#: Each loss means that rows were booked meanwhile.
MOST_TRIES = 20


def begin_new_ledger(context: AccountContext, state: AccountState) -> None:
    """End what the exchange forgot, and put the ledger aside; the caller rebuilds the account."""
    context.store.hold_claims()
    server_time_ms = context.gateway.load_server_time_ms(Lane.RESOLVE)
    ended = [
        order.client_order_id
        for order in context.store.list_orders(OrderFilter.ACTIVE)
        if _is_forgotten(context, order, server_time_ms)
    ]
    for client_order_id in ended:
        change_order(context, client_order_id, lambda order: _forget(context, order))
    _put_aside(context, state.ledger_epoch, server_time_ms, len(ended))
    stream = context.store.load_stream()
    context.store.doubt_stream(stream.term, "the exchange reset its ledger")


def _is_forgotten(context: AccountContext, order: Order, server_time_ms: int) -> bool:
    """Tell whether the order was of the ledger that is gone.

    One that is found by our own id was placed after the reset. One in doubt whose window has not
    passed may still arrive: its doubt is resolved as any other.
    """
    if order.status is OrderStatus.INITIALIZED:
        return False
    deadline_ms = settles_at_ms(order, context.gateway.abilities, context.timings)
    if order.exchange_order_id is None and (deadline_ms is None or server_time_ms <= deadline_ms):
        return False
    symbol, name = order.terms.symbol, order.client_order_id
    return find_by_own_ids(context, symbol, name, Lane.RESOLVE) is None


def _forget(context: AccountContext, order: Order) -> Order:
    reason = Reason(
        code=LEDGER_RESET,
        message="the exchange reset its ledger and does not know the order any more",
        evidence=(
            ("status", order.status),
            ("exchange_order_id", order.exchange_order_id or ""),
            ("reported_filled_quantity", str(order.reported_filled_quantity)),
        ),
    )
    return apply_forgetting(order, reason, context.clock.now_ms())


def _put_aside(context: AccountContext, ledger_epoch: int, server_time_ms: int, ended: int) -> None:
    sentence = (
        f"the exchange reset its ledger: ledger {ledger_epoch} is put aside and {ended} orders"
        f" that it forgot have ended; ledger {ledger_epoch + 1} begins from its balances"
    )
    told = [context.tell(EventKind.ALARM, sentence)]
    for _ in range(MOST_TRIES):
        if context.store.load_state().ledger_epoch != ledger_epoch:
            return  # Another process was faster
        symbols, portfolio = context.store.load_cursors(), context.store.find_portfolio()
        markets = {name for name in symbols if split_symbol(name)[1]}
        if context.store.begin_ledger(
            ledger_epoch,
            {
                name: empty_position(context.name, name) if name in markets else None
                for name in symbols
            },
            replace(portfolio, value=replace(portfolio.value, cursors={})) if portfolio else None,
            began_at_ms=server_time_ms,
            events=told,
        ):
            return
    raise ConcurrentChange("rows were booked all the time while the ledger was put aside")
