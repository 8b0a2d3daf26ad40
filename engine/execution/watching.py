"""Watch orders until they are settled.

The due set says which orders want a look. The look itself is in bulk: one list of open orders
and one page of trades for each symbol, and a question of its own only for an order that left
the list. So the cost grows with symbols, not with orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.domain.lanes import Lane
from engine.domain.order import OPEN, Order, OrderStatus
from engine.errors import EngineError, ExchangeRefused, Retryable
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.fills import book_missing_fills, book_symbol_fills, take_report
from engine.execution.reconciliation import apply_absence, apply_report
from engine.execution.schedule import next_check_ms
from engine.ports import Due

#: One sweep takes so many orders; the rest is due in the next.
MOST_DUE = 500
#: A known exchange id that the exchange does not know any more, so often: a person must look.
ABSENCES_TO_ALARM = 20


def watch_account(context: AccountContext) -> int:
    """Do what is due, one sweep at a time; return how many orders were looked at."""
    lease, owner = f"watch:{context.identity.slug}", context.random.nonce()
    if not context.shared.acquire_lease(lease, owner, context.timings.due_lease_ms):
        return 0
    try:
        return watch_due_orders(context)
    finally:
        context.shared.release_lease(lease, owner)


def watch_due_orders(context: AccountContext) -> int:
    """Do what is due; return how many orders were looked at."""
    due = context.store.claim_due(context.timings.due_lease_ms, MOST_DUE)
    by_symbol: dict[str, list[Order]] = defaultdict(list)
    for item in due:
        order = _load_due(context, item)
        if order is None:
            continue
        if order.status is OrderStatus.INITIALIZED:
            context.dispatcher.submit_order(context.name, order.client_order_id)
            postpone(context, item, context.timings.order_check_ms)
        elif order.is_in_doubt:
            context.dispatcher.resolve_order(context.name, order.client_order_id)
            postpone(context, item, _patience_ms(context, order))
        else:
            by_symbol[order.terms.symbol].append(order)
            if order.cancel_requested_at_ms is not None and order.status in OPEN:
                context.dispatcher.cancel_order(context.name, order.client_order_id)
    sequences = {item.client_order_id: item for item in due}
    for symbol, orders in by_symbol.items():
        look_at_symbol(context, symbol, orders)
        for order in orders:
            postpone(context, sequences[order.client_order_id], context.timings.order_check_ms)
    return len(due)


def _load_due(context: AccountContext, item: Due) -> Order | None:
    stored = context.store.find_order(item.client_order_id)
    return None if stored is None or stored.value.is_settled else stored.value


def postpone(context: AccountContext, item: Due, delay_ms: int) -> None:
    """Ask for the next look earlier than the lease ends."""
    context.store.postpone({item: context.clock.now_ms() + delay_ms})


def _patience_ms(context: AccountContext, order: Order) -> int:
    """Return when to ask again for an order in doubt: rarer, the longer nobody can tell.

    Nobody may be there to carry the messages out, or the exchange; they must not pile up.
    """
    now_ms = context.clock.now_ms()
    return (next_check_ms(order, now_ms, context.timings) or now_ms) - now_ms


def look_at_symbol(context: AccountContext, symbol: str, orders: Iterable[Order]) -> None:
    """Compare orders of one symbol with the exchange, in bulk."""
    try:
        asked_at_ms = context.clock.now_ms()
        listed = context.gateway.load_open_orders(symbol, Lane.POLL)
        book_symbol_fills(context, symbol, Lane.POLL)
    except (Retryable, ExchangeRefused):
        return  # The due set brings them back
    for report in listed:
        take_report(context, report)
    listed_ids = {report.exchange_order_id for report in listed}
    for order in orders:
        if order.exchange_order_id not in listed_ids:
            _look_at_missing(context, order, asked_at_ms)


def _look_at_missing(context: AccountContext, order: Order, asked_at_ms: int) -> None:
    """Look at an order that left the list, unless it was news to us after the list was asked."""
    current = context.store.load_order(order.client_order_id).value
    if current.last_event_at_ms >= asked_at_ms and not current.is_closed:
        return
    try:
        look_at_order(context, current, Lane.POLL)
    except (Retryable, ExchangeRefused):
        return


def look_at_order(context: AccountContext, order: Order, lane: Lane) -> Order:
    """Ask for one order by the exchange's id, and for its trades where some are missing."""
    asked_at_ms = context.clock.now_ms()
    report = context.gateway.find_order(
        order.terms.symbol, exchange_order_id=order.exchange_order_id, lane=lane
    )
    if report is None:
        return _absent(context, order, asked_at_ms)
    seen = change_order(
        context,
        order.client_order_id,
        lambda order: apply_report(order, report, context.clock.now_ms()),
    )
    return book_missing_fills(context, seen, lane)


def _absent(context: AccountContext, order: Order, asked_at_ms: int) -> Order:
    """Count it; "not found" for a known exchange id is for a person, never "closed"."""
    counted = change_order(
        context, order.client_order_id, lambda order: apply_absence(order, asked_at_ms)
    )
    if counted.absences == ABSENCES_TO_ALARM:
        context.alarm(
            f"the exchange has not known its order {order.exchange_order_id} for"
            f" {ABSENCES_TO_ALARM} looks; it stays open here until a person settles it with"
            " `augustan order settle --not-placed`",
            client_order_id=order.client_order_id,
            symbol=order.terms.symbol,
        )
    return counted


def poll_order(context: AccountContext, client_order_id: str) -> bool:
    """Look once, right after placing; return whether the order is settled.

    It only hastens: the order is in the due set from its record on.
    """
    order = context.store.load_order(client_order_id).value
    if order.is_settled or order.exchange_order_id is None:
        return order.is_settled
    try:
        return look_at_order(context, order, Lane.POLL).is_settled
    except EngineError:
        return False
