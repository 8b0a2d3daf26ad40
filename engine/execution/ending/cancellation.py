"""Cancel an order. A cancel may be repeated: asking again never does harm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.report import CancelDone, CancelRefused, OrderReport, Unclear
from engine.errors import ExchangeRefused, Retryable
from engine.execution.booking.fills import book_missing_fills
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.ending.cancel_wish import wish_cancel
from engine.execution.ending.rivals import settle_rivalry
from engine.execution.looks.watching import look_at_order
from engine.execution.placing.submission import CANCELED, end_unsent
from engine.execution.reconciliation import apply_report


def request_cancel(context: AccountContext, client_order_id: str) -> Order:
    """Write the wish down and hasten it. A wish for a closed order changes nothing."""
    order = wish_cancel(context, client_order_id)
    if not order.is_closed:
        context.dispatcher.cancel_order(context.name, order.client_order_id)
    return order


def request_cancels(context: AccountContext, client_order_ids: Sequence[str]) -> tuple[Order, ...]:
    """Write the wishes down first, all of them, then hasten them by few messages."""
    orders = tuple(wish_cancel(context, name) for name in client_order_ids)
    by_symbol: dict[str, list[str]] = defaultdict(list)
    for order in orders:
        if not order.is_closed:
            by_symbol[order.terms.symbol].append(order.client_order_id)
    for symbol, names in by_symbol.items():
        if len(names) > 1:
            context.dispatcher.cancel_symbol(context.name, symbol)
        else:
            context.dispatcher.cancel_order(context.name, names[0])
    return orders


def cancel_order(
    context: AccountContext, client_order_id: str, lane: Lane = Lane.CANCEL
) -> OrderStatus:
    """Carry the wish out: deny what is unsent, resolve what is in doubt, cancel what is open.

    Of two rivals the wish follows from what the other one did.
    """
    order = context.store.load_order(client_order_id).value
    if order.rival_id:
        order = settle_rivalry(context, order)
    if order.cancel_requested_at_ms is None or order.is_closed:
        return order.status
    if order.status is OrderStatus.INITIALIZED:
        order = end_unsent(context, client_order_id, CANCELED)
    if order.is_in_doubt:
        # The wish stays on the record and is carried out when the order is found
        context.dispatcher.resolve_order(context.name, client_order_id)
    if order.status in OPEN:
        order = _cancel_open(context, order, lane)
    return order.status


def _cancel_open(context: AccountContext, order: Order, lane: Lane) -> Order:
    try:
        answer = context.gateway.cancel(order, lane)
    except Retryable:
        return order  # Nothing was sent; the wish stays, and the due set brings it back
    if isinstance(answer, CancelDone):
        return end_order(context, order.client_order_id, answer.report, lane)
    _tell(context, order, answer)
    try:
        # Filled meanwhile, cancelled by an earlier try, or not cancelled at all: only a look tells
        return look_at_order(context, order, lane)
    except (Retryable, ExchangeRefused):
        return order


def end_order(
    context: AccountContext, client_order_id: str, report: OrderReport, lane: Lane = Lane.CANCEL
) -> Order:
    """Apply what a cancel's answer says of the order, and book its trades."""
    ended = change_order(
        context,
        client_order_id,
        lambda order: apply_report(order, report, context.clock.now_ms()),
    )
    return book_missing_fills(context, ended, lane)


def _tell(context: AccountContext, order: Order, answer: CancelRefused | Unclear) -> None:
    """Note in the order's timeline that this try did not end it."""
    message = (
        f"cancel refused: {answer.code} {answer.message}"
        if isinstance(answer, CancelRefused)
        else f"cancel in doubt: {answer.message}"
    )
    event = context.tell(
        EventKind.ATTEMPT,
        message,
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
    )
    context.store.emit([event])
