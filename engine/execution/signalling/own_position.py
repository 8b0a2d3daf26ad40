"""A strategy's own position: the fills of orders that came from its signals."""

from __future__ import annotations

from functools import cache

from engine.domain.fill import Fill
from engine.domain.position import Position, empty_position
from engine.execution.context import AccountContext
from engine.strategies.attribution import fold_own, own_fills


def begin_position(context: AccountContext, symbol: str) -> Position:
    """Return a flat position that begins behind all that is booked: none of that is its own."""
    return fold_own(empty_position(context.name, symbol), (), _count_rows(context, symbol))


def advance(
    context: AccountContext, strategy: str, position: Position
) -> tuple[Position, tuple[Fill, ...]]:
    """Return the position with what was booked since, and the fills that are new in it."""
    if _count_rows(context, position.symbol) == position.cursor:
        return position, ()
    view = context.store.load_ledger(position.symbol, after=position.cursor)

    @cache
    def strategy_of(client_order_id: str) -> str:
        stored = context.store.find_order(client_order_id)
        return stored.value.strategy if stored else ""

    fills = own_fills(view.rows, strategy, strategy_of)
    return fold_own(position, fills, view.first + len(view.rows)), fills


def _count_rows(context: AccountContext, symbol: str) -> int:
    return context.store.load_cursors().get(symbol, 0)
