"""Which of a contract's two positions a funding fee belongs to, in hedge mode.

The exchange's line names the contract and not the side. The rate of that settlement tells: above
zero the long pays and the short is paid, below zero the other way round.
"""

from __future__ import annotations

from decimal import Decimal

from engine.domain.derivative import PositionSide, position_name
from engine.domain.fill import RowKind
from engine.domain.income import Income, income_row
from engine.domain.lanes import Lane
from engine.execution.context import AccountContext

SIDES = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)


def find_home(context: AccountContext, line: Income, ledger_epoch: int, lane: Lane) -> str:
    """Return the name of the position, or the asset, that a line of income belongs to.

    A line that is booked stays where it is, whatever mode the account is in by now. Raises what a
    question raises.
    """
    if line.symbol is None:
        return line.asset
    if line.kind is not RowKind.FUNDING:
        return line.symbol
    names = [position_name(line.symbol, side) for side in SIDES]
    known = context.store.load_cursors()
    for name in names:
        row = income_row(line, RowKind.FUNDING, ledger_epoch, name)
        if name in known and context.store.is_booked(row):
            return name
    if not context.gateway.is_hedged(lane):
        return line.symbol
    rate = context.gateway.load_funding_rate(line.symbol, line.booked_at_ms, lane)
    return position_name(line.symbol, paying_side(line.amount, rate))


def paying_side(amount: Decimal, rate: Decimal | None) -> PositionSide:
    """Return whose fee it is: the long's or the short's; BOTH where no rate tells. Pure."""
    if not rate or not amount:
        return PositionSide.BOTH
    is_paid = amount < 0
    return PositionSide.LONG if is_paid == (rate > 0) else PositionSide.SHORT
