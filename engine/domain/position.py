"""A position is a fold over the rows of one symbol's ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from engine.domain.decimals import EXACT, ZERO
from engine.domain.fill import BalanceRow, Fill, LedgerRow


class PositionState(StrEnum):
    FLAT = "FLAT"
    LONG = "LONG"
    SHORT = "SHORT"


@dataclass(frozen=True, kw_only=True)
class Position:
    account: str
    symbol: str
    base: str
    quote: str
    traded_quantity: Decimal = ZERO  # Signed; what trades opened, its cost is known
    traded_cost: Decimal = ZERO  # Quote currency, signed like the quantity; fees not included
    untraded_quantity: Decimal = ZERO  # Openings, transfers: entry unknown
    realized_pnl: Decimal = ZERO  # Quote currency, fees in base and quote deducted
    fees: Mapping[str, Decimal] = field(default_factory=dict)  # By currency; positive = paid
    cursor: int = 0  # Ledger rows folded so far
    last_sort_key: tuple[int, int, str] = (0, -2, "")

    @property
    def net_quantity(self) -> Decimal:
        """Base currency, above zero when long."""
        return self.traded_quantity + self.untraded_quantity

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of what trades opened and is still open; None when nothing is."""
        if not self.traded_quantity:
            return None
        with localcontext(EXACT):
            return self.traded_cost / self.traded_quantity

    @property
    def direction(self) -> PositionState:
        if self.net_quantity == 0:
            return PositionState.FLAT
        return PositionState.LONG if self.net_quantity > 0 else PositionState.SHORT

    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """Quote currency; fees not included, nor anything whose entry is unknown."""
        return self.traded_quantity * mark_price - self.traded_cost

    def notional(self, mark_price: Decimal) -> Decimal:
        return abs(self.net_quantity) * mark_price

    def apply_row(self, row: LedgerRow) -> Position:
        """Return the position after `row`; rows must come in the order of their sort keys."""
        with localcontext(EXACT):
            changed = self._apply_fill(row) if isinstance(row, Fill) else self._apply_balance(row)
        return replace(changed, cursor=self.cursor + 1, last_sort_key=row.sort_key)

    def _apply_balance(self, row: BalanceRow) -> Position:
        if row.asset != self.base:
            return self
        return replace(self, untraded_quantity=self.untraded_quantity + row.quantity)

    def _apply_fill(self, fill: Fill) -> Position:
        base_fee = fill.fee if fill.fee_currency == self.base else ZERO
        quote_fee = fill.fee if fill.fee_currency == self.quote else ZERO
        moved = self._trade(fill.side.sign * fill.quantity - base_fee, fill.price)
        fees = dict(self.fees)
        if fill.fee:
            fees[fill.fee_currency] = fees.get(fill.fee_currency, ZERO) + fill.fee
        # A fee in base currency is coins given away at the fill's price
        pnl = moved.realized_pnl - quote_fee - base_fee * fill.price
        return replace(moved, realized_pnl=pnl, fees=fees)

    def _trade(self, delta: Decimal, price: Decimal) -> Position:
        """Add `delta` at `price`: first close what stands against it, then open the rest."""
        against_traded = _closable(self.traded_quantity, delta)
        closed_cost = (
            self.traded_cost * (against_traded / -self.traded_quantity) if against_traded else ZERO
        )
        left = delta - against_traded
        against_untraded = _closable(self.untraded_quantity, left)
        opened = left - against_untraded
        return replace(
            self,
            traded_quantity=self.traded_quantity + against_traded + opened,
            traded_cost=self.traded_cost - closed_cost + opened * price,
            untraded_quantity=self.untraded_quantity + against_untraded,
            realized_pnl=self.realized_pnl - against_traded * price - closed_cost,
        )


def _closable(held: Decimal, delta: Decimal) -> Decimal:
    """Return the part of `delta` that reduces `held`, with delta's sign."""
    if held == 0 or delta == 0 or (held > 0) == (delta > 0):
        return ZERO
    size = min(abs(held), abs(delta))
    return size if delta > 0 else -size


def fold(empty: Position, rows: Iterable[LedgerRow]) -> Position:
    """Return the position of `rows` in any order of arrival, each row once."""
    position = empty
    for row in sorted(rows, key=lambda row: row.sort_key):
        position = position.apply_row(row)
    return position
