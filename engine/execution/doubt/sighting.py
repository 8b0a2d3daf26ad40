"""Look an order up at the exchange, by every name it can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.domain.identity import cancel_id, is_ours
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.errors import ExchangeUnavailable
from engine.execution.context import AccountContext
from engine.execution.reconciliation import belongs

#: The exchange's clock and ours differ, and an order is created after it was signed.
LOOKBACK_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What a full look found."""

    report: OrderReport | None
    #: Cancelled orders with unknown ids that could be ours under a replaced client id.
    lookalikes: tuple[OrderReport, ...] = ()


def look_everywhere(context: AccountContext, order: Order, lane: Lane) -> Sighting:
    """Look by client id, among open orders, and among all orders since it was signed.

    Raises what a Gateway question raises: a look that could not be finished proves nothing.
    """
    symbol, gateway = order.terms.symbol, context.gateway
    if gateway.abilities.can_query_by_id:
        report = find_by_own_ids(context, symbol, order.client_order_id, lane)
        if report is not None:
            return Sighting(report=report)
    since_ms = _since_ms(order)
    seen = (*gateway.load_open_orders(symbol, lane), *gateway.load_orders(symbol, since_ms, lane))
    for report in seen:
        if belongs(order, report):
            return Sighting(report=report)
    listed = _find_by_list(context, order, seen)
    if listed is not None:
        return Sighting(report=listed)
    lookalikes = (report for report in seen if is_lookalike(order, report))
    return Sighting(
        report=None,
        lookalikes=tuple(report for report in lookalikes if not _is_explained(context, report)),
    )


def _find_by_list(
    context: AccountContext, order: Order, seen: Sequence[OrderReport]
) -> OrderReport | None:
    """Return the order as the other one of its partner's list, where we know the partner."""
    stored = context.store.find_order(order.partner_id) if order.partner_id else None
    return None if stored is None else _other_of_list(order.client_order_id, stored.value, seen)


def find_beside(
    context: AccountContext, client_order_id: str, partner_id: str, lane: Lane
) -> OrderReport | None:
    """Look for an order in its partner's list; None where the exchange has no such list.

    Both are recorded at once and sent in one list. Raises ExchangeUnavailable as long as the
    exchange, which has the partner, does not show its list: it has both orders of that or none.
    """
    stored = context.store.find_order(partner_id)
    if stored is None or stored.value.exchange_order_id is None:
        return None
    partner = stored.value
    seen = context.gateway.load_orders(partner.terms.symbol, _since_ms(partner), lane)
    other = _other_of_list(client_order_id, partner, seen)
    shown = [one for one in seen if belongs(partner, one)]
    if other is None and (not shown or any(one.order_list_id is not None for one in shown)):
        raise ExchangeUnavailable(f"the list of {partner_id} is not shown yet")
    return other


def _other_of_list(
    client_order_id: str, partner: Order, seen: Sequence[OrderReport]
) -> OrderReport | None:
    """Return the other order of the partner's list: an exchange's list has these two and no more.

    Who cancels the partner ends both, and of this one the exchange replaces the client id by one
    of its own: then only the list says whose it is.
    """
    lists = {one.order_list_id for one in seen if belongs(partner, one)} - {None}
    for report in seen:
        if report.order_list_id in lists and not belongs(partner, report):
            return replace(report, original_client_order_id=client_order_id)
    return None


def _since_ms(order: Order) -> int:
    return (order.signed_at_ms or order.created_at_ms) - LOOKBACK_MS


def _is_explained(context: AccountContext, report: OrderReport) -> bool:
    """Tell whether we know whose order it is: another of ours, by its id or by the exchange's."""
    if is_ours(report.client_order_id, context.tag):
        return True
    return context.store.find_by_exchange_id(report.symbol, report.exchange_order_id) is not None


def find_by_own_ids(
    context: AccountContext, symbol: str, client_order_id: str, lane: Lane
) -> OrderReport | None:
    """Look by our client id, and by the one that our cancel would have given the order."""
    for known in (client_order_id, cancel_id(client_order_id)):
        report = context.gateway.find_order(symbol, client_order_id=known, lane=lane)
        if report is not None:
            return report
    return None


def is_lookalike(order: Order, report: OrderReport) -> bool:
    """Tell whether a cancelled order could be this one under an id that a cancel replaced.

    On spot a cancel by anybody else (the exchange's app, another tool) gives the order an id
    that says nothing; then only its terms speak.
    """
    terms = order.terms
    return (
        report.status is OrderStatus.CANCELED
        and report.side is terms.side
        and (report.order_type is None or report.order_type.is_sent_as(terms.order_type))
        and (terms.quantity is None or report.quantity == terms.quantity)
        and (terms.price is None or report.price == terms.price)
        and report.created_at_ms >= _since_ms(order)
    )
