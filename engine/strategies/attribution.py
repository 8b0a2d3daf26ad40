"""Which part of a ledger is a strategy's own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.fill import Fill, LedgerRow, Side
from engine.domain.position import Position

#: Tells whose signal asked for an order, by its client order id; "" for nobody's.
StrategyOf = Callable[[str], str]


def own_fills(rows: Sequence[LedgerRow], name: str, strategy_of: StrategyOf) -> tuple[Fill, ...]:
    """Return the fills of orders that came from the strategy's signals, as they were booked."""
    return tuple(
        row
        for row in rows
        if isinstance(row, Fill)
        and row.client_order_id
        and strategy_of(row.client_order_id) == name
    )


def fold_own(position: Position, fills: Sequence[Fill], cursor: int) -> Position:
    """Return the strategy's position with more of its fills, `cursor` rows of the ledger read.

    Each fill once, in the order of booking: one that comes late changes how profit is split
    between realized and unrealized, never the quantity.
    """
    for fill in fills:
        part = _own_part(position, fill)
        position = position.apply_row(part) if part else position
    return replace(position, cursor=cursor)


def _own_part(position: Position, fill: Fill) -> Fill | None:
    """Return what of a spot sale was the strategy's: closing sells coins of before, too."""
    held = position.net_quantity
    if ":" in fill.symbol or fill.side is Side.BUY or fill.quantity <= held:
        return fill
    if held <= ZERO:
        return None
    with localcontext(EXACT):
        fee = fill.fee * held / fill.quantity if fill.fee else ZERO
        return replace(fill, quantity=held, cost=held * fill.price, fee=fee)
