"""What the exchange booked to a wallet without a trade of the account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.fill import BalanceRow, RowKind


@dataclass(frozen=True, kw_only=True)
class Income:
    """One line of the exchange's own account of a wallet."""

    transaction_id: str  # Unique among lines of one word
    word: str  # The exchange's own for its kind
    kind: RowKind | None  # None: the trades themselves tell it
    market: str | None  # The exchange's word for the contract that it is about
    symbol: str | None  # Our name of that; its word where it is not listed now
    asset: str
    amount: Decimal  # Above zero when received
    booked_at_ms: int  # Exchange time


def income_row(income: Income, kind: RowKind, ledger_epoch: int, home: str) -> BalanceRow:
    """Return the ledger's row of a line; `home`: the position, or the asset, that it belongs to.

    Its id is made of the exchange's words only: what is listed changes.
    """
    return BalanceRow(
        row_id=f"income:{income.word}:{income.transaction_id}:{income.market or ''}:{income.asset}",
        kind=kind,
        symbol=home,
        asset=income.asset,
        quantity=income.amount,
        executed_at_ms=income.booked_at_ms,
        note=income.word,
        ledger_epoch=ledger_epoch,
    )
