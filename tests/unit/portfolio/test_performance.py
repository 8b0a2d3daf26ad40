"""Which rows are transfers, and what is reckoned while something is not known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.fill import BalanceRow, RowKind
from engine.portfolio.performance import sum_transfers
from tests.builders import NOW_MS, build_fill

D = Decimal


def row(kind: RowKind, quantity: str, asset: str = "USDT", symbol: str = "") -> BalanceRow:
    return BalanceRow(
        row_id=f"{kind}:{asset}",
        kind=kind,
        symbol=symbol or asset,
        asset=asset,
        quantity=D(quantity),
        executed_at_ms=NOW_MS,
    )


def test_what_came_without_a_trade_is_a_transfer() -> None:
    """Fees, funding and payments of trades are results; an opening was there before."""
    rows = [
        row(RowKind.TRANSFER, "100"),
        row(RowKind.UNEXPLAINED, "-30"),
        row(RowKind.UNEXPLAINED, "2", "BTC", "BTC/USDT"),
        row(RowKind.OPENING, "7"),
        row(RowKind.FUNDING, "-1"),
        row(RowKind.INSURANCE, "-1"),
        row(RowKind.FEE, "-0.1", "BNB"),
        row(RowKind.PAYMENT, "-5", "BTC"),
        row(RowKind.UNEXPLAINED, "3", "BTC/USDT:USDT"),  # A contract has no worth of its own
        replace(build_fill(), quantity=D(9)),
    ]
    assert sum_transfers(rows) == {"USDT": D(70), "BTC": D(2)}
