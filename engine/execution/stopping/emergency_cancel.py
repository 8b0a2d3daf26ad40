"""End everything that is open on the account, whoever placed it, and look for what is missing.

Ours are ended as by a cancel that was wished for, so that their records tell it. Conditional
orders are orders. In an emergency the account's other orders are ended, too: they would trade
against the end of the positions, or lock the coins that are to be sold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter

from engine.domain.emergency import EmergencyRun
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.report import OrderReport, Unclear
from engine.errors import EngineError, Retryable, StoreUnavailable
from engine.execution.booking.adoption import form_order
from engine.execution.booking.fills import book_missing_fills
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.doubt.resolution import resolve_order
from engine.execution.ending.cancel_together import cancel_in_one
from engine.execution.ending.cancel_wish import wish_cancel
from engine.execution.ending.cancellation import cancel_order
from engine.execution.stopping.emergency_turn import Turn
from engine.ports import OrderFilter


def cancel_everything(
    context: AccountContext, run: EmergencyRun, problems: list[str], turn: Turn
) -> EmergencyRun:
    """End our open orders, look for those in doubt, then end what else the exchange lists.

    What has traded and lacks its trades gets them: nobody else may be there to read them, and what
    the ledger does not have is not sold.
    """
    ours = orders_to_end(context, run)
    run = run.with_orders(tuple(order.client_order_id for order in ours))
    _wish_ends(context, ours, turn)
    _cancel_open(context, ours, problems, turn)
    for order in context.store.list_orders(OrderFilter.IN_DOUBT):
        turn.check()
        _resolve(context, order.client_order_id, problems)
    run = _cancel_listed(context, run, problems, turn)
    for order in filter(attrgetter("is_closed"), context.store.list_orders(OrderFilter.ACTIVE)):
        turn.check()
        book_missing_fills(context, order, Lane.EMERGENCY)
    return run


def orders_to_end(context: AccountContext, run: EmergencyRun) -> list[Order]:
    """Return our orders that may still trade, the run's own as long as they do not rest."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    return [
        order
        for order in active
        if not order.is_closed and (order.status in OPEN or not run.owns(order.emergency_run))
    ]


def _wish_ends(context: AccountContext, ours: Iterable[Order], turn: Turn) -> None:
    """Wish the end of what nobody can cancel now: what may be found, or may come later.

    Of one that is closed nothing is to take the place, were its workers alive again or not.
    """
    names = [order.client_order_id for order in ours if order.status not in OPEN]
    names += [entry.client_order_id for entry in context.store.list_watched() if entry.is_closed]
    for name in names:
        turn.check()
        wish_cancel(context, name)


def _cancel_open(
    context: AccountContext, ours: Iterable[Order], problems: list[str], turn: Turn
) -> None:
    """End them symbol by symbol, so that whoever goes on finds fewer each time."""
    by_symbol: dict[str, list[str]] = defaultdict(list)
    for order in ours:
        if order.status in OPEN:
            by_symbol[order.terms.symbol].append(order.client_order_id)
    for symbol, names in sorted(by_symbol.items()):
        turn.check()
        wished = [wish_cancel(context, name) for name in names]
        ended = cancel_in_one(context, symbol, wished, Lane.EMERGENCY)
        for name in names:
            if name not in ended:
                turn.check()
                _cancel_one(context, name, problems)


def _cancel_one(context: AccountContext, client_order_id: str, problems: list[str]) -> None:
    try:
        cancel_order(context, client_order_id, Lane.EMERGENCY)
    except StoreUnavailable:
        raise
    except EngineError as error:  # One order's trouble must not keep the others open
        problems.append(f"order {client_order_id} could not be cancelled: {error}")


def _resolve(context: AccountContext, client_order_id: str, problems: list[str]) -> None:
    """Look for an order in doubt; one that is found open is cancelled at once."""
    try:
        status = resolve_order(context, client_order_id, Lane.EMERGENCY)
    except StoreUnavailable:
        raise
    except EngineError as error:  # As above
        problems.append(f"order {client_order_id} could not be looked for: {error}")
        return
    if status in OPEN:
        _cancel_one(context, client_order_id, problems)


def _cancel_listed(
    context: AccountContext, run: EmergencyRun, problems: list[str], turn: Turn
) -> EmergencyRun:
    """End what the exchange lists as open all the same: ours that were lost, and others'."""
    ended: list[str] = []
    is_foreign = False
    for report in list_open(context):
        turn.check()
        owner = take_report(context, report)
        if owner is None:
            is_foreign = True
            ended += _cancel_foreign(context, report, problems)
            continue
        order = context.store.load_order(owner).value
        if order.status in OPEN:
            run = run.with_orders((owner,))
            wish_cancel(context, owner)
            _cancel_one(context, owner, problems)
    # Also where no answer said so: what has ended all the same is not listed again
    return run.with_foreign(tuple(ended), context.clock.now_ms()) if is_foreign else run


def list_open(context: AccountContext) -> tuple[OrderReport, ...]:
    """Return what the exchange has open on the account, of all symbols."""
    known = {entry.symbol for entry in context.store.list_watched()}
    return context.gateway.load_open_orders(None, Lane.EMERGENCY, known=known)


def _cancel_foreign(
    context: AccountContext, report: OrderReport, problems: list[str]
) -> tuple[str, ...]:
    """End an order that is not ours; return its name when the exchange said that it is over."""
    name = f"{report.symbol} {report.exchange_order_id}"
    shown = report.client_order_id or report.exchange_order_id
    stranger = form_order(context.name, context.identity, shown, report, context.clock.now_ms())
    try:
        answer = context.gateway.cancel(stranger, Lane.EMERGENCY)
    except Retryable as error:
        problems.append(f"the order {name} of others could not be cancelled: {error}")
        return ()
    if isinstance(answer, Unclear):
        problems.append(f"the order {name} of others: {answer.message}")
        return ()
    return (name,)


def describe_open(order: Order) -> str:
    """Say why an order of ours keeps the run from its end."""
    name = f"order {order.client_order_id} in {order.terms.symbol}"
    if order.is_in_doubt:
        return f"{name} is in doubt: it may still appear"
    if order.status is OrderStatus.INITIALIZED:
        return f"{name} is recorded and not sent"
    return f"{name} lacks trades" if order.is_closed else f"{name} is still {order.status}"
