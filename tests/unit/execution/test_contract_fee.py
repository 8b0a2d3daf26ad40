"""A fee of a contract that is paid in BNB moves BNB, and not the contract's wallet."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.fill import RowKind, asset_changes, rows_beside
from engine.execution.booking.balance_rows import name_home
from tests.builders import build_fill, build_instrument

D = Decimal


def test_a_fee_in_bnb_is_a_row_of_bnb() -> None:
    """The wallet gets the profit whole; BNB loses the fee."""
    symbol = "BTC/USDT:USDT"
    instrument = build_instrument(symbol=symbol, market_type="linear")
    fill = build_fill(
        symbol=symbol, fee=D("0.002"), fee_currency="BNB", realized_pnl=D("3.5"), quantity=D(2)
    )
    placed = name_home(fill, ("USDT",), {symbol: instrument})
    (row,) = rows_beside(placed)
    assert (row.symbol, row.asset, row.kind, row.quantity) == (
        "BNB",
        "BNB",
        RowKind.FEE,
        D("-0.002"),
    )
    changes = asset_changes(placed, "BTC", "USDT")
    assert changes["USDT"] == D("3.5")
    assert changes.get("BNB", 0) == 0
