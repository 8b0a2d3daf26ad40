"""End a doubt by a person's word, audited: the exchange has no such order, or it is that one."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.end_reason import NOT_PLACED, Reason
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.report import OrderReport
from engine.errors import InvalidRequest, UnknownOrder
from engine.execution.booking.fills import book_missing_fills
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.doubt.resolution import finalise, tell_of_attempt
from engine.execution.looks.watching import ABSENCES_TO_ALARM
from engine.execution.placing.submission import deny_order
from engine.execution.reconciliation import apply_loss, apply_report

#: Of an open order that the exchange does not know any more, by a person's word.
GONE = "GONE"


def settle_not_placed(context: AccountContext, client_order_id: str, person: str) -> Order:
    """End a doubt by a person's word that the exchange has no such order; audited.

    Also ends an open order that the exchange has not known for many looks, or whose market it
    does not list any more, and an unsent one that was refused for now, of which the exchange does
    not say whether a copy stands: nothing else does.
    """
    order = _load(context, client_order_id)
    by = (("by", person),)
    said = Reason(code=NOT_PLACED, message="a person said so", evidence=by)
    if order.status is OrderStatus.INITIALIZED and order.attempt and not order.is_waiting:
        return _deny(context, client_order_id, said)
    if order.status in OPEN and _is_unknown_there(context, order):
        gone = Reason(code=GONE, message="the exchange knows it no more", evidence=by)
        return finalise(context, order, gone, apply_loss)
    if not order.is_in_doubt:
        raise InvalidRequest(
            f"order {client_order_id} is {order.status}, not in doubt: there is nothing to settle."
        )
    return finalise(context, order, said)


def _deny(context: AccountContext, client_order_id: str, said: Reason) -> Order:
    """Deny an unsent order; InvalidRequest while the store may have lost that it was sent."""
    order = deny_order(context, client_order_id, said)
    if order.status is OrderStatus.INITIALIZED:
        raise InvalidRequest(
            f"order {client_order_id} cannot be ended before account {context.name} is"
            " reconciled, which has begun: try again."
        )
    return order


def _load(context: AccountContext, client_order_id: str) -> Order:
    """Return the order; InvalidRequest when it ended so long ago that it left for the archive."""
    try:
        return context.store.load_order(client_order_id).value
    except UnknownOrder:
        archived = context.history.find_order(client_order_id)
        if archived is None:
            raise
    raise InvalidRequest(
        f"order {client_order_id} is {archived.order.status} and in the archive:"
        " there is nothing to settle."
    )


def _is_unknown_there(context: AccountContext, order: Order) -> bool:
    if order.absences >= ABSENCES_TO_ALARM:
        return True
    return all(item.symbol != order.terms.symbol for item in context.gateway.load_instruments())


def settle_as(
    context: AccountContext, client_order_id: str, exchange_order_id: str, person: str
) -> Order:
    """End a doubt by a person's word that the exchange's order is this one; audited."""
    order = _load(context, client_order_id)
    if order.exchange_order_id not in (None, exchange_order_id):
        raise InvalidRequest(
            f"order {client_order_id} is the exchange's {order.exchange_order_id},"
            f" it cannot also be {exchange_order_id}."
        )
    report = _find_for(context, order, exchange_order_id)
    named = replace(report, original_client_order_id=client_order_id)
    settled = change_order(
        context,
        client_order_id,
        lambda order: apply_report(order, named, context.clock.now_ms()),
        also=[tell_of_attempt(context, order, f"settled as {exchange_order_id} by {person}")],
    )
    return book_missing_fills(context, settled, Lane.RESOLVE)


def _find_for(context: AccountContext, order: Order, exchange_order_id: str) -> OrderReport:
    """Return the exchange's order, if it can be ours; InvalidRequest says why it cannot."""
    client_order_id = order.client_order_id
    owner = context.store.find_by_exchange_id(order.terms.symbol, exchange_order_id)
    if owner not in (None, client_order_id):
        raise InvalidRequest(f"the exchange's order {exchange_order_id} is {owner} already.")
    report = context.gateway.find_order(
        order.terms.symbol, exchange_order_id=exchange_order_id, lane=Lane.RESOLVE
    )
    if report is None:
        raise InvalidRequest(
            f"the exchange has no order {exchange_order_id} in {order.terms.symbol}."
        )
    if (report.side, report.symbol) != (order.terms.side, order.terms.symbol):
        raise InvalidRequest(
            f"the exchange's order {exchange_order_id} is a {report.side} of {report.symbol};"
            f" ours is a {order.terms.side} of {order.terms.symbol}."
        )
    return report
