"""One execution of ours, and the other rows that change a balance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from engine.domain.decimals import EXACT, ZERO


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A trade row of the exchange: the only thing that moves a position."""

    trade_id: str
    exchange_order_id: str
    client_order_id: str | None = None  # None: an order that is not ours
    symbol: str
    side: Side
    quantity: Decimal  # Base currency
    price: Decimal  # Quote per base
    cost: Decimal  # Quote currency, as the exchange booked it
    fee: Decimal = ZERO  # Positive = paid
    fee_currency: str = ""
    liquidity: Liquidity | None = None
    executed_at_ms: int  # Exchange time

    @property
    def row_id(self) -> str:
        """Unique in its symbol and ledger epoch; a self-trade has two rows of one trade id."""
        return f"{self.trade_id}/{self.exchange_order_id}"

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order of execution: time, then the exchange's own counter."""
        number = int(self.trade_id) if self.trade_id.isdecimal() else 0
        return (self.executed_at_ms, number, self.row_id)


class RowKind(StrEnum):
    OPENING = "opening"  #: Held before our ledger began; its entry price is unknown
    TRANSFER = "transfer"  #: Deposit, withdrawal, airdrop: the exchange named it
    UNEXPLAINED = "unexplained"  #: A lasting difference that nothing accounts for


@dataclass(frozen=True, kw_only=True)
class BalanceRow:
    """A change of one asset that no trade explains."""

    row_id: str
    kind: RowKind
    #: The symbol whose position holds the asset, or the asset itself where none does.
    symbol: str
    asset: str
    quantity: Decimal  # Signed
    executed_at_ms: int
    note: str = ""

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Before every trade of the same millisecond: an opening comes first."""
        return (self.executed_at_ms, -1, self.row_id)


LedgerRow = Fill | BalanceRow


def asset_changes(row: LedgerRow, base: str, quote: str) -> dict[str, Decimal]:
    """Return what the row did to each asset's total balance."""
    if isinstance(row, BalanceRow):
        return {row.asset: row.quantity}
    sign = row.side.sign
    with localcontext(EXACT):
        changes = {base: sign * row.quantity}
        changes[quote] = changes.get(quote, ZERO) - sign * row.cost
        if row.fee:
            changes[row.fee_currency] = changes.get(row.fee_currency, ZERO) - row.fee
    return changes
