"""Positions that plans and stop orders of ours do not cover whole, where each must be covered.

After a store was lost its plans are gone; their orders are found at the exchange again and still
count here, whoever remembers why they were placed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.derivative import market_of
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.position import Position
from engine.execution.context import AccountContext
from engine.execution.protection.protecting import unprotected_events
from engine.execution.protection.protection_view import look_at_plans
from engine.execution.stopping.emergency_flatten import open_positions
from engine.ports import OrderFilter

#: A position by its name, and the side of an order that closes it.
Place = tuple[str, Side]

#: A position that stays uncovered is told of so often (ms).
ALARM_EVERY_MS = 3_600_000


def find_unprotected(context: AccountContext) -> tuple[str, ...]:
    """Return the positions without cover, and tell of each that was not told of lately."""
    covered = _stops(context.store.list_orders(OrderFilter.OPEN))
    with localcontext(EXACT):
        for place, share in _planned(context):
            covered[place] += share
    bare = [
        position
        for position in open_positions(context)
        if not _is_covered(context, position, covered)
    ]
    for position in bare:
        _tell(context, position)
    return tuple(position.symbol for position in bare)


def _planned(context: AccountContext) -> Iterator[tuple[Place, Decimal]]:
    """Yield what each plan guards (base), whether its orders are there or not.

    That is its own affair, of which it tells. A position that has grown beyond its plans is ours.
    """
    plans = context.store.list_protections()
    if plans:
        shares = look_at_plans(context, plans).shares
        for plan in (stored.value for stored in plans):
            yield (plan.position, plan.closing_side), shares[plan.plan_id]


def _stops(orders: tuple[Order, ...]) -> dict[Place, Decimal]:
    """Return what open orders with a trigger, of no known plan, may close (base)."""
    found: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    with localcontext(EXACT):
        for order in orders:
            if order.terms.order_type.has_trigger and not order.is_leg:
                found[order.terms.position, order.terms.side] += order.remaining_quantity or ZERO
    return found


def _is_covered(context: AccountContext, position: Position, covered: dict[Place, Decimal]) -> bool:
    held = position.net_quantity
    side = Side.SELL if held > ZERO else Side.BUY
    instrument = context.gateway.index_instruments().get(market_of(position.symbol))
    if instrument is None or instrument.is_dust(held):
        return True  # Nothing could be ordered against it
    return covered.get((position.symbol, side), ZERO) >= instrument.round_quantity(abs(held))


def _tell(context: AccountContext, position: Position) -> None:
    mark = f"unprotected:{context.identity.slug}:{position.symbol}"
    if context.shared.find_cache(mark) is not None:
        return
    context.shared.put_cache(mark, "1", ALARM_EVERY_MS)
    held = f"{plain(position.net_quantity)} of {position.symbol}"
    message = f"{held} are held, which no plan and no stop order covers whole"
    context.store.emit(unprotected_events(context, market_of(position.symbol), message))
