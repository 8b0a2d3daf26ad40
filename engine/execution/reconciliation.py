"""From our record and the exchange's word to the new record. Pure.

Invariants, whatever arrives, in whatever order, however often:
1. The status never knows less than before (`KNOWLEDGE`), and a final one yields only to proof.
2. A fill counts once; the cumulative figure of the exchange never shrinks.
3. The end depends on the set of reports and fills, not on their order.
4. Nothing here invents a fill: only trade rows are booked, reports only announce them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from engine.domain.end_reason import Reason
from engine.domain.exchange_ids import ExchangeIds
from engine.domain.fill import Fill
from engine.domain.identity import original_id
from engine.domain.order import Order
from engine.domain.order_status import KNOWLEDGE, OPEN, TERMINAL, OrderStatus
from engine.domain.report import OrderReport
from engine.domain.watched import is_news_since

S = OrderStatus


class ForeignReport(Exception):
    """The report speaks of another order than the record."""


def belongs(order: Order, report: OrderReport) -> bool:
    """Tell whether the report is about this order, by any of its ids."""
    if report.symbol != order.terms.symbol:
        return False  # Binance spot counts orders per symbol: equal numbers mean nothing
    known, told = order.exchange_ids, ExchangeIds.of(report)
    if known.all & told.all:
        return True
    # Only a trigger gives one order two ids: news of the second may come before anything else
    if known.all and not (order.terms.order_type.is_conditional and known.join(told)):
        return False
    ids = (report.original_client_order_id, report.client_order_id)
    return any(original_id(known) == order.client_order_id for known in ids if known)


def apply_report(order: Order, report: OrderReport, now_ms: int) -> Order:
    """Return the order with all that the report adds to it."""
    if not belongs(order, report):
        raise ForeignReport(f"{order.client_order_id} is not {report.exchange_order_id}")
    ids = order.exchange_ids.join(ExchangeIds.of(report)) or order.exchange_ids
    known = replace(
        order,
        is_forgotten=False,
        contradicted=order.contradicted or order.is_forgotten,
        exchange_order_id=ids.shown,
        triggered_order_id=ids.triggered,
        reported_quantity=max(order.reported_quantity or report.quantity, report.quantity),
        reported_filled_quantity=max(order.reported_filled_quantity, report.filled_quantity),
        reported_filled_cost=_reported_cost(order, report),
        exchange_updated_at_ms=max(order.exchange_updated_at_ms, report.updated_at_ms),
        absences=0,
    )
    moved = _raise_status(known, report.status, report.reason)
    if moved != order:  # What was known already is no news, and is not written again
        moved = replace(moved, last_event_at_ms=max(order.last_event_at_ms, now_ms))
    return apply_fills(moved, report.fills, now_ms)


def _reported_cost(order: Order, report: OrderReport) -> Decimal | None:
    """Return the cost of the larger quantity that was reported; the larger cost of equal ones."""
    if report.filled_quantity != order.reported_filled_quantity:
        is_news = report.filled_quantity > order.reported_filled_quantity
        return report.filled_cost if is_news else order.reported_filled_cost
    told = (order.reported_filled_cost, report.filled_cost)
    return max((cost for cost in told if cost is not None), default=None)


def apply_fills(order: Order, fills: Iterable[Fill], now_ms: int) -> Order:
    """Return the order with the fills that it did not have; a known one changes nothing."""
    for fill in fills:
        order = _apply_fill(order, fill, now_ms)
    return order


def _apply_fill(order: Order, fill: Fill, now_ms: int) -> Order:
    known = order.exchange_ids.all
    is_other = known and fill.exchange_order_id not in known
    if is_other or fill.symbol != order.terms.symbol:
        raise ForeignReport(
            f"{order.client_order_id} has no trade of {fill.symbol} {fill.exchange_order_id}"
        )
    newest = max((row.ledger_epoch for row in order.fills), default=0)
    if order.has_fill(fill) or fill.ledger_epoch < newest:
        return order
    ours = replace(fill, client_order_id=order.client_order_id)
    # An order is in one ledger of the exchange only: what an older one showed was read too late
    kept = order.fills if fill.ledger_epoch == newest else ()
    fills = tuple(sorted((*kept, ours), key=lambda row: row.sort_key))
    booked = replace(
        order,
        fills=fills,
        exchange_order_id=order.exchange_order_id or fill.exchange_order_id,
        last_event_at_ms=max(order.last_event_at_ms, now_ms),
        absences=0,
    )
    return _raise_status(booked, S.PARTIALLY_FILLED)


def _raise_status(order: Order, reported: OrderStatus, reason: Reason | None = None) -> Order:
    """Move to the status that knows more: the reported one, ours, or what the fills show."""
    candidates = [order.status, reported, _status_by_quantity(order)]
    status = max(candidates, key=KNOWLEDGE.__getitem__)
    if status is order.status:
        return order
    is_proof_against_us = order.status in {S.DENIED, S.REJECTED}
    moved = order.to(status, reason if status is reported else None)
    if not is_proof_against_us:
        return moved
    return replace(moved, contradicted=True, reason=_contradiction(order))


def _status_by_quantity(order: Order) -> OrderStatus:
    filled = max(order.filled_quantity, order.reported_filled_quantity)
    if order.quantity is not None and filled >= order.quantity > 0 and _is_quantity_final(order):
        return S.FILLED
    return S.PARTIALLY_FILLED if filled > 0 else S.INITIALIZED


def _is_quantity_final(order: Order) -> bool:
    """An order by quote amount learns its quantity as it fills: equal figures end nothing."""
    return order.terms.quantity is not None


def _contradiction(order: Order) -> Reason:
    former = order.reason.code if order.reason else order.status.upper()
    return Reason(
        code="LATE_ARRIVAL",
        message=f"we had called it {former}; the exchange shows that it exists",
    )


def apply_refusal(order: Order, reason: Reason, now_ms: int) -> Order:
    """Return the order after a definite no to its current attempt; older news than proof."""
    if KNOWLEDGE[order.status] >= KNOWLEDGE[S.REJECTED]:
        return order
    return replace(order.to(S.REJECTED, reason), last_event_at_ms=now_ms)


def apply_rearming(order: Order, reason: Reason, now_ms: int) -> Order:
    """Return a stop that we watch to its watch: the exchange shows that it had not gone off."""
    if not order.is_rearmable:
        return order
    back = replace(order, status=S.INITIALIZED, nonce=None, signed_at_ms=None, recv_window_ms=0)
    return replace(back, last_event_at_ms=now_ms)


def apply_denial(order: Order, reason: Reason, now_ms: int) -> Order:
    """Return the order ended by ourselves; possible only before its claim."""
    return replace(order.to(S.DENIED, reason), last_event_at_ms=now_ms)


def apply_loss(order: Order, reason: Reason, now_ms: int) -> Order:
    """Return an open order ended by a person's word: the exchange knows it no more."""
    if order.status not in OPEN:
        return order
    return replace(order.to(S.CANCELED, reason), last_event_at_ms=now_ms)


def apply_forgetting(order: Order, reason: Reason, now_ms: int) -> Order:
    """Return the order ended because the exchange's ledger, and the order with it, is gone.

    One that was never sent is left; one that is closed and lacks trades will never get them.
    """
    if order.is_settled or order.status is S.INITIALIZED:
        return order
    ended = order if order.is_closed else order.to(S.CANCELED)
    return replace(ended, reason=reason, is_forgotten=True, last_event_at_ms=now_ms)


def apply_absence(order: Order, asked_at_ms: int) -> Order:
    """Count a "not found" that can mean something: asked after the order's last news."""
    if order.status in TERMINAL or is_news_since(order.last_event_at_ms, asked_at_ms):
        return order
    return replace(order, absences=order.absences + 1)
