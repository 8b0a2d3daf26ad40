"""A strategy's own position: the fills of orders that came from its signals.

In hedge mode a contract has a ledger for each side. A strategy has one position all the same: it
should not hold both sides, and what it is asked about is the market.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.domain.derivative import PositionSide, position_name
from engine.domain.fill import Fill, LedgerRow
from engine.domain.position import empty_position
from engine.domain.strategy import OwnPosition
from engine.execution.context import AccountContext
from engine.strategies.attribution import fold_own, own_fills


def begin_position(context: AccountContext, symbol: str) -> OwnPosition:
    """Return a flat position that begins behind all that is booked: none of that is its own."""
    empty = OwnPosition(position=empty_position(context.name, symbol))
    return _read_to(empty, (), context.store.load_cursors())


def advance(
    context: AccountContext, strategy: str, own: OwnPosition
) -> tuple[OwnPosition, tuple[Fill, ...]]:
    """Return the position with what was booked since, and the fills that are new in it."""
    before, booked = _cursors(own), context.store.load_cursors()
    if all(booked.get(name, 0) == rows for name, rows in before.items()):
        return own, ()
    views = {name: context.store.load_ledger(name, after=rows) for name, rows in before.items()}

    @cache
    def strategy_of(client_order_id: str) -> str:
        stored = context.store.find_order(client_order_id)
        return stored.value.strategy if stored else ""

    rows: list[LedgerRow] = [row for view in views.values() for row in view.rows]
    rows.sort(key=lambda row: row.sort_key)  # One side is closed before the other is opened
    fills = own_fills(rows, strategy, strategy_of)
    read = {name: view.first + len(view.rows) for name, view in views.items()}
    return _read_to(own, fills, read), fills


def _cursors(own: OwnPosition) -> dict[str, int]:
    """Return how many rows were read of each ledger that the symbol may have."""
    symbol = own.position.symbol
    sides = (PositionSide.LONG, PositionSide.SHORT) if ":" in symbol else ()
    names = (position_name(symbol, side) for side in sides)
    read = {name: own.side_cursors.get(name, 0) for name in names}
    return {symbol: own.position.cursor} | read


def _read_to(own: OwnPosition, fills: tuple[Fill, ...], booked: Mapping[str, int]) -> OwnPosition:
    """Return the position with the fills, that many rows of each ledger read."""
    symbol = own.position.symbol
    return OwnPosition(
        position=fold_own(own.position, fills, booked.get(symbol, 0)),
        side_cursors={
            name: booked[name] for name in _cursors(own) if name != symbol and name in booked
        },
    )
