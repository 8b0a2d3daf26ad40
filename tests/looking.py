"""One look at a symbol, whatever is due: the engine's own pieces, in the order of a test."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.watched import is_news_since
from engine.errors import ExchangeRefused, Retryable
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.looks.watching import look_at_order


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
    if is_news_since(current.last_event_at_ms, asked_at_ms) and not current.is_closed:
        return
    try:
        look_at_order(context, current, Lane.POLL)
    except (Retryable, ExchangeRefused):
        return
