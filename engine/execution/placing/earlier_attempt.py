"""Before another attempt, or an end: does the order stand, although one was refused?

Who stands between us and the exchange may have sent that request twice. The first was taken, and
the answer is of the copy: too late, or one order too many. Asked only when the exchange's queries
have had the time to show it; a pause that a refusal asked for is over then, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.lanes import Lane, submit_lane
from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.errors import ExchangeUnavailable
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.doubt.sighting import find_beside
from engine.execution.exchange_time import ask_exchange_time


def stand_already(
    context: AccountContext, orders: Sequence[Order], lane: Lane | None = None
) -> bool:
    """Tell whether a refused attempt has placed the orders of one request, and take them in.

    Nobody looks for an order that was never sent. The lane is that of the orders unless another is
    given. Raises what a Gateway question raises, and ExchangeUnavailable before queries have
    caught up: then nothing may be sent.
    """
    lane = lane or submit_lane(orders[0])
    _require_time(context, orders, lane)
    # All are found before one is taken in: of a list none may seem to be without its partner
    found = [_find(context, order, lane) for order in orders if order.attempt]
    taken = [take_report(context, report) for report in found if report is not None]
    return bool(taken)


def _require_time(context: AccountContext, orders: Sequence[Order], lane: Lane) -> None:
    heard = [order.refused.heard_at_ms for order in orders if order.refused is not None]
    if not heard:
        return
    shown_at_ms = max(heard) + context.timings.query_lag_ms
    if ask_exchange_time(context, lane) < shown_at_ms:
        raise ExchangeUnavailable("queries may not show yet whether a refused order stands")


def _find(context: AccountContext, order: Order, lane: Lane) -> OrderReport | None:
    if not context.gateway.abilities.can_query_by_id:
        return None
    symbol, name = order.terms.symbol, order.client_order_id
    report = context.gateway.find_order(symbol, client_order_id=name, lane=lane)
    if report is not None or not order.partner_id:
        return report
    # Who ends the partner ends both, and the exchange gives this one an id that says nothing
    return find_beside(context, name, order.partner_id, lane)
