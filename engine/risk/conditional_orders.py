"""How many orders may wait for their trigger: an entry whose stop finds no room stays bare.

An exchange lets only so many conditional orders stand in a symbol (Binance: 5 on spot,
MAX_NUM_ALGO_ORDERS). What others placed there is not counted: nobody asks the exchange for it
here, and a stop that it refuses is alarmed.
"""

from __future__ import annotations

from engine.domain.derivative import market_of
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderType
from engine.domain.protection import Protection
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, RiskContext


def conditional_orders(intent: OrderIntent, instrument: Instrument) -> int:
    """Return how many of them the order comes to at a time: 1 for itself, then for its stop.

    On spot we watch a trailing stop ourselves; a target is a limit order everywhere.
    """
    is_ours = instrument.market_type == "spot" and intent.order_type is OrderType.TRAILING_STOP
    is_one = intent.order_type.is_conditional and not is_ours
    return int(is_one or intent.stop_loss is not None)


def check_conditional_orders(candidate: Candidate) -> Denied | None:
    """Deny an order that the exchange would refuse, or whose stop it would."""
    instrument = candidate.context.instrument
    most = instrument.max_conditional_orders
    if most is None or not conditional_orders(candidate.intent, instrument):
        return None
    count = _count(candidate.context)
    if count < most:
        return None
    return deny(
        DenialCode.TOO_MANY_STOPS,
        f"{count} orders that wait for a trigger stand or are planned in {instrument.symbol}; the"
        f" exchange allows {most}.",
        conditional_orders=count,
        max_conditional_orders=most,
    )


def _count(context: RiskContext) -> int:
    """Return how many stand or will: those of plans, and those of orders that have no plan yet."""
    symbol = context.instrument.symbol
    plans = [plan for plan in context.plans if plan.symbol == symbol]
    planned = {name for plan in plans for name in _orders_of(plan)}
    others = (
        one.conditional_orders
        for one in context.book.reservations
        if market_of(one.symbol) == symbol and one.client_order_id not in planned
    )
    return sum(plan.stop_price is not None for plan in plans) + sum(others)


def _orders_of(plan: Protection) -> set[str]:
    return {plan.entry_id, *(leg.client_order_id for leg in plan.legs)}
