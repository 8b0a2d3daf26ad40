"""The ledger against the exchange's totals, to the last digit."""

from __future__ import annotations

from decimal import Decimal, localcontext
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import EXACT
from engine.domain.fill import BalanceRow, LedgerRow, RowKind
from engine.portfolio.ledger_check import compare_balances, sum_assets
from tests.builders import NOW_MS, build_fill, build_instrument
from tests.unit.domain.ledger_rows import amounts, ledgers

D = Decimal
RULES = build_instrument()


@given(ledgers(), st.randoms(use_true_random=False))
def test_a_ledger_agrees_with_its_own_sums(rows: list[LedgerRow], random: Random) -> None:
    """Whatever order the rows are added up in, and whether the symbol is still listed."""
    listed = [(row, RULES) for row in rows]
    totals = sum_assets(listed)
    random.shuffle(listed)
    assert compare_balances(listed, totals) == {}
    assert compare_balances([(row, None) for row, _ in listed], totals) == {}


@given(ledgers(), st.sampled_from(["BTC", "USDT", "DOGE"]), amounts(), st.sampled_from([1, -1]))
def test_the_smallest_difference_is_found_and_only_that(
    rows: list[LedgerRow], asset: str, amount: Decimal, sign: int
) -> None:
    """Exchange minus ledger, for the one asset that differs."""
    listed = [(row, RULES) for row in rows]
    totals = sum_assets(listed)
    with localcontext(EXACT):
        moved = {**totals, asset: totals.get(asset, D(0)) + sign * amount}
    assert compare_balances(listed, moved) == {asset: sign * amount}


def test_a_hand_worked_ledger() -> None:
    """100 USDT in; 0.5 BTC bought for 40 with 0.0005 BTC fee; 0.01 BNB paid elsewhere."""
    rows: list[LedgerRow] = [
        BalanceRow(
            row_id="opening:USDT",
            kind=RowKind.OPENING,
            symbol="USDT",
            asset="USDT",
            quantity=D(100),
            executed_at_ms=NOW_MS,
        ),
        build_fill(quantity=D("0.5"), price=D(80), fee=D("0.0005"), fee_currency="BTC"),
        build_fill(trade_id="2", quantity=D("0.1"), price=D(80), fee=D("0.01"), fee_currency="BNB"),
    ]
    # 100 less 40 less 8; 0.5 less its fee and 0.1 more; the fee in the third coin
    expected = {"USDT": D(52), "BTC": D("0.5995"), "BNB": D("-0.01")}
    assert sum_assets((row, None) for row in rows) == expected
    held = {"USDT": D(52), "BTC": D("0.5995")}
    assert compare_balances([(row, None) for row in rows], held) == {"BNB": D("0.01")}
