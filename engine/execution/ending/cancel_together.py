"""End many orders of one symbol by one request, where the exchange has one and it hits no other.

Binance spot can only end *everything* that is open on a symbol, foreign orders included, and it
gives each a client id that says nothing. So it is used only when everything that is open there
is an order of ours that is to end, and whose key cannot be repeated to a store that has lost it.
Between the look that shows this and the end of the request's window no order of ours that would
rest is claimed on the symbol. What a stranger on the same account places within the milliseconds
between look and request cannot be seen; if it is hit, an alarm says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.key_age import is_made_by_time
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.report import CancelAllDone, OrderReport, Unclear
from engine.errors import ExchangeRefused, Retryable
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import cancel_order, end_order
from engine.ports import OrderFilter

#: A look and one request cost as much as two cancels; below this nothing is gained.
FEWEST = 3
#: Our clock, by which an order began, may differ so much from the exchange's.
LONGEST_SKEW_MS = 600_000


def cancel_symbol(context: AccountContext, symbol: str) -> int:
    """Carry out the wishes to cancel on a symbol; return how many orders one request ended.

    Whatever that leaves open is asked for again one by one.
    """
    wished = [one for one in _active(context, symbol) if one.cancel_requested_at_ms is not None]
    for order in wished:
        if order.status not in OPEN:
            cancel_order(context, order.client_order_id)
    ended = cancel_in_one(context, symbol, wished)
    for order in wished:
        if order.status in OPEN and order.client_order_id not in ended:
            context.dispatcher.cancel_order(context.name, order.client_order_id)
    return len(ended)


def _active(context: AccountContext, symbol: str) -> list[Order]:
    listed = context.store.list_orders(OrderFilter.ACTIVE)
    return [one for one in listed if one.terms.symbol == symbol and not one.is_closed]


def cancel_in_one(
    context: AccountContext, symbol: str, wished: Sequence[Order], lane: Lane = Lane.CANCEL
) -> set[str]:
    """End the wished orders of a symbol by one request; return those that it ended.

    None where it is not possible, or not safe.
    """
    is_worth_it = sum(order.status in OPEN for order in wished) >= FEWEST
    if not is_worth_it or not context.gateway.abilities.can_cancel_all:
        return set()
    owner = context.random.nonce()
    began_ms = context.clock.monotonic_ms()
    if not context.store.bar_claims(symbol, owner, bar_ms(context)):
        return set()
    is_over = True  # Nothing of this is on its way any more, and orders may rest again
    try:
        if not _is_only_wished(context, symbol, lane):
            return set()
        # Before the look at the time: who sleeps after that is too late for the exchange
        signed_at_ms = context.gateway.exchange_now_ms()
        if context.clock.monotonic_ms() - began_ms > context.timings.http_timeout_ms:
            return set()  # The bar would end before the request's window
        is_over = False
        answer = context.gateway.cancel_all(
            symbol,
            signed_at_ms=signed_at_ms,
            recv_window_ms=context.timings.recv_window_ms,
            lane=lane,
        )
        is_over = not isinstance(answer, Unclear)
    except (Retryable, ExchangeRefused):
        is_over = True  # Raised before anything was sent
        return set()
    finally:
        if is_over:
            context.store.lift_bar(symbol, owner)
    if not isinstance(answer, CancelAllDone):
        return set()
    reports = answer.reports or _ask_what_became(context, symbol, wished, lane)
    return _apply(context, reports, lane)


def _ask_what_became(
    context: AccountContext, symbol: str, wished: Sequence[Order], lane: Lane
) -> tuple[OrderReport, ...]:
    """Ask for the orders that were to end, of an exchange that only says that it is done."""
    ids = {one for order in wished if order.status in OPEN for one in order.exchange_ids.all}
    since_ms = min(order.created_at_ms for order in wished) - LONGEST_SKEW_MS
    try:
        listed = context.gateway.load_orders(symbol, since_ms, lane)
    except (Retryable, ExchangeRefused):
        return ()  # Each is asked for by itself then
    ended = (report for report in listed if report.exchange_order_id in ids)
    return tuple(report for report in ended if report.status not in OPEN)


def bar_ms(context: AccountContext) -> int:
    """Return how long a request may still take effect that is sent within one time-out of now."""
    timings = context.timings
    window_ms = timings.recv_window_ms + timings.engine_tail_ms + timings.clock_margin_ms
    return timings.http_timeout_ms + window_ms


def _is_only_wished(context: AccountContext, symbol: str, lane: Lane) -> bool:
    """Tell whether all that is, or may be, open on the symbol is ours and is to end."""
    resting = [order for order in _active(context, symbol) if not order.terms.is_immediate]
    if not all(_may_be_hit(order) for order in resting):
        return False  # Whatever the exchange lists: its list may be late
    known = {one for order in resting for one in order.exchange_ids.all}
    listed = context.gateway.load_open_orders(symbol, lane)
    return all(report.exchange_order_id in known for report in listed)


def _may_be_hit(order: Order) -> bool:
    """Tell whether an end under an id that says nothing is what was wished for the order."""
    if order.status is OrderStatus.INITIALIZED:
        # Barred from going there; of one that was refused for now a copy may stand there already
        return not order.attempt
    # One in doubt may rest there, and would not be found again
    is_wished = order.status in OPEN and order.cancel_requested_at_ms is not None
    return is_wished and is_made_by_time(order.request_key)


def _apply(context: AccountContext, reports: Sequence[OrderReport], lane: Lane) -> set[str]:
    """Apply what became of each; return the orders of ours among them."""
    ours: set[str] = set()
    for report in reports:
        owner = context.store.find_by_exchange_id(report.symbol, report.exchange_order_id)
        if owner is not None:
            end_order(context, owner, report, lane)
            ours.add(owner)
        elif take_report(context, report) is None:
            context.alarm(
                f"the exchange's order {report.exchange_order_id}, which is not ours, was placed"
                " in the instant of a cancel of everything and was ended with it",
                symbol=report.symbol,
            )
    return ours
