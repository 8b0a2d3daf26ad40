"""Which ledger a line of income belongs to.

A line names the contract, and in hedge mode not the side. Of a funding fee the rate of that
settlement tells it: above zero the long pays and the short is paid, below zero the other way round.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from engine.domain.derivative import PositionSide, position_name
from engine.domain.fill import RowKind
from engine.domain.income import Income, income_row
from engine.domain.lanes import Lane
from engine.execution.context import AccountContext

SIDES = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)


def find_home(context: AccountContext, line: Income, ledger_epoch: int, lane: Lane) -> str:
    """Return the name of the position, or the asset, that a line of income belongs to.

    A line that is booked stays where it is, whatever mode the account is in by now, and whether
    its market is listed or not. Raises what a question raises.
    """
    if line.symbol is None or line.kind is None:
        return line.asset
    for name in _possible_homes(context, line):
        if context.store.is_booked(income_row(line, line.kind, ledger_epoch, name)):
            return name
    if line.kind is not RowKind.FUNDING or not context.gateway.is_hedged(lane):
        return line.symbol
    rate = context.gateway.load_funding_rate(line.symbol, line.booked_at_ms, lane)
    return position_name(line.symbol, paying_side(line.amount, rate))


def _possible_homes(context: AccountContext, line: Income) -> Collection[str]:
    """Return the ledgers that may have the line already."""
    known = context.store.load_cursors().keys()
    if line.symbol is None or line.symbol == line.market:
        return known  # It is not listed: nobody says which of them was called so
    names = {position_name(line.symbol, side) for side in SIDES}
    return known & (names | {line.market})


def paying_side(amount: Decimal, rate: Decimal | None) -> PositionSide:
    """Return whose fee it is: the long's or the short's; BOTH where no rate tells. Pure."""
    if not rate or not amount:
        return PositionSide.BOTH
    is_paid = amount < 0
    return PositionSide.LONG if is_paid == (rate > 0) else PositionSide.SHORT
