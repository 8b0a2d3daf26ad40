"""Look at single orders."""

from __future__ import annotations

import logging

from engine.domain.identity import original_id
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.errors import EngineError
from engine.execution.booking.fills import book_missing_fills
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.reconciliation import apply_absence, apply_report
from engine.execution.stopping.dead_man import explain_end

log = logging.getLogger(__name__)

#: A known exchange id that the exchange does not know any more, so often: a person must look.
ABSENCES_TO_ALARM = 20


def look_at_order(context: AccountContext, order: Order, lane: Lane) -> Order:
    """Ask for one order by the exchange's id, and for its trades where some are missing.

    One without that id is left: since it was listed as open the store has fallen back.
    """
    if order.exchange_order_id is None:
        return order
    asked_at_ms = context.clock.now_ms()
    report = context.gateway.find_order(
        order.terms.symbol, exchange_order_id=order.exchange_order_id, lane=lane
    )
    if report is None or _is_younger(order, report):
        return _absent(context, order, asked_at_ms)
    told = explain_end(context, order, report)
    seen = change_order(
        context,
        order.client_order_id,
        lambda order: apply_report(order, told, context.clock.now_ms()),
    )
    return book_missing_fills(context, seen, lane)


def _is_younger(order: Order, report: OrderReport) -> bool:
    """Tell whether the report is of an order that began after the exchange last spoke of ours.

    Then it is another one under the same number: the exchange has reset its ledger.
    """
    shown = (report.client_order_id, report.original_client_order_id)
    if any(name and original_id(name) == order.client_order_id for name in shown):
        return False
    return 0 < order.exchange_updated_at_ms < report.created_at_ms


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
    except EngineError as error:
        log.info("a look at %s failed: %s", client_order_id, error)
        return False
