"""Before another attempt, or an end: does the order stand, although one was refused?

Who stands between us and the exchange may have sent that request twice. The first was taken, and
the answer is of the copy: too late, or one order too many. Asked only now, the exchange's queries
have had the time to show it, and a pause that a refusal asked for is over.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.lanes import submit_lane
from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext


def stand_already(context: AccountContext, orders: Sequence[Order]) -> bool:
    """Tell whether a refused attempt has placed the orders of one request, and take them in.

    Nobody looks for an order that was never sent. Raises what a Gateway question raises: then
    nothing may be sent.
    """
    # All are found before one is taken in: of a list none may seem to be without its partner
    found = [_find(context, order) for order in orders if order.attempt]
    taken = [take_report(context, report) for report in found if report is not None]
    return bool(taken)


def _find(context: AccountContext, order: Order) -> OrderReport | None:
    if not context.gateway.abilities.can_query_by_id:
        return None
    symbol, name = order.terms.symbol, order.client_order_id
    return context.gateway.find_order(symbol, client_order_id=name, lane=submit_lane(order))
