"""Positions that no plan and no stop order of ours covers, where each must be covered.

After a store was lost its plans are gone; their orders are found at the exchange again and still
count here, whoever remembers why they were placed.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.derivative import market_of
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.position import Position
from engine.execution.context import AccountContext
from engine.execution.protection.protecting import unprotected_events
from engine.execution.stopping.emergency_flatten import open_positions
from engine.ports import OrderFilter

#: A position that stays uncovered is told of so often (ms).
ALARM_EVERY_MS = 3_600_000


def find_unprotected(context: AccountContext) -> tuple[str, ...]:
    """Return the positions without cover, and tell of each that was not told of lately."""
    planned = {stored.value.position for stored in context.store.list_protections()}
    stops = _stops(context.store.list_orders(OrderFilter.OPEN))
    bare = [
        position
        for position in open_positions(context)
        if position.symbol not in planned and not _is_covered(context, position, stops)
    ]
    for position in bare:
        _tell(context, position)
    return tuple(position.symbol for position in bare)


def _stops(orders: tuple[Order, ...]) -> dict[tuple[str, Side], Decimal]:
    """Return what open orders with a trigger may close (base), by position and side."""
    found: dict[tuple[str, Side], Decimal] = defaultdict(lambda: ZERO)
    with localcontext(EXACT):
        for order in orders:
            if order.terms.order_type.has_trigger:
                found[order.terms.position, order.terms.side] += order.remaining_quantity or ZERO
    return found


def _is_covered(
    context: AccountContext, position: Position, stops: dict[tuple[str, Side], Decimal]
) -> bool:
    held = position.net_quantity
    side = Side.SELL if held > ZERO else Side.BUY
    instrument = context.gateway.index_instruments().get(market_of(position.symbol))
    if instrument is None or instrument.is_dust(held):
        return True  # Nothing could be ordered against it
    return stops.get((position.symbol, side), ZERO) >= instrument.round_quantity(abs(held))


def _tell(context: AccountContext, position: Position) -> None:
    mark = f"unprotected:{context.identity.slug}:{position.symbol}"
    if context.shared.find_cache(mark) is not None:
        return
    context.shared.put_cache(mark, "1", ALARM_EVERY_MS)
    message = f"{plain(position.net_quantity)} of {position.symbol} have no stop order and no plan"
    context.store.emit(unprotected_events(context, market_of(position.symbol), message))
