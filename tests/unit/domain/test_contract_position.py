"""Positions of contracts: folds of trades that move no coins, beside the exchange's own figures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.derivative import PositionSide, market_of, position_name, settle_asset, side_of
from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, Side, asset_changes
from engine.domain.position import empty_position, fold
from engine.execution.booking.entry_prices import entry_before
from engine.portfolio.ledger_check import add_all
from tests.builders import NOW_MS, build_fill

D = Decimal
SYMBOL = "BTC/USDT:USDT"


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerRow]:
    """Draw trades with the profits that an exchange would book to eight digits, and funding."""
    rows: list[LedgerRow] = []
    for number in range(draw(st.integers(0, 12))):
        at_ms = NOW_MS + draw(st.integers(0, 3))
        quantity, price = D(draw(st.integers(1, 30))) / 10, D(draw(st.integers(900, 1100))) / 10
        fill = build_fill(trade_id=str(number), symbol=SYMBOL, executed_at_ms=at_ms)
        rows.append(
            replace(
                fill,
                side=draw(st.sampled_from(Side)),
                quantity=quantity,
                price=price,
                cost=quantity * price,
                fee=D(draw(st.integers(0, 50))) / 1000,
                fee_currency="USDT",
                fee_symbol="",
                realized_pnl=D(draw(st.integers(-(10**10), 10**10))).scaleb(-8),
            )
        )
        if draw(st.booleans()):
            rows.append(funding(number, D(draw(st.integers(-99, 99))) / 100, at_ms))
    return rows


def funding(number: int, amount: Decimal, at_ms: int) -> BalanceRow:
    return BalanceRow(
        row_id=f"income:{number}",
        kind=RowKind.FUNDING,
        symbol=SYMBOL,
        asset="USDT",
        quantity=amount,
        executed_at_ms=at_ms,
    )


@given(ledgers(), st.randoms(use_true_random=False))
def test_arrival_changes_nothing_and_rows_sum_to_wallet_and_position(
    rows: list[LedgerRow], random: Random
) -> None:
    """Shuffled and repeated, across any flip: the same; profit is the wallet, to the digit."""
    position = fold(empty_position("paper", SYMBOL), rows)
    arrived = rows + random.sample(rows, k=random.randint(0, len(rows)))
    random.shuffle(arrived)
    assert fold(empty_position("paper", SYMBOL), arrived) == position
    totals = add_all(asset_changes(row, "BTC", "USDT") for row in rows)
    assert totals.get("USDT", D(0)) == position.realized_pnl
    assert totals.get(SYMBOL, D(0)) == position.net_quantity
    assert set(totals) <= {"USDT", SYMBOL}
    funded = [row.quantity for row in rows if isinstance(row, BalanceRow)]
    assert position.funding == sum(funded, D(0))


@given(ledgers(), st.integers(1, 50), st.integers(900, 1100))
def test_trades_lead_back_to_the_entry_of_an_opening(
    rows: list[LedgerRow], held: int, price: int
) -> None:
    """From quantity and entry of now, whatever was traded since; None once zero was crossed."""
    opening = BalanceRow(
        row_id="opening",
        kind=RowKind.OPENING,
        symbol=SYMBOL,
        asset=SYMBOL,
        quantity=D(held),
        executed_at_ms=NOW_MS - 1,
        entry_price=D(price) / 10,
    )
    fills = [row for row in rows if isinstance(row, Fill)]
    position = fold(empty_position("paper", SYMBOL), [opening, *fills])
    found = entry_before(position.net_quantity, position.entry_price, fills)
    if found is None:
        steps = [
            fold(
                empty_position("paper", SYMBOL),
                [opening, *sorted(fills, key=lambda f: f.sort_key)[:n]],
            )
            for n in range(len(fills) + 1)
        ]
        assert any(step.net_quantity <= 0 for step in steps)
    else:
        assert abs(found - D(price) / 10) < D("1e-12")


def test_an_opening_without_a_price_earns_what_the_exchange_books() -> None:
    """Held 2 from before; 1 is sold with 5 booked: profit 5, and 1 of unknown entry is left."""
    opening = BalanceRow(
        row_id="opening",
        kind=RowKind.OPENING,
        symbol=SYMBOL,
        asset=SYMBOL,
        quantity=D(2),
        executed_at_ms=NOW_MS - 1,
    )
    sale = build_fill(symbol=SYMBOL, side=Side.SELL, quantity=D(1), cost=D(100), fee=D(0))
    position = fold(empty_position("paper", SYMBOL), [opening, replace(sale, realized_pnl=D(5))])
    assert (position.net_quantity, position.entry_price) == (D(1), None)
    assert position.realized_pnl == D(5)


@pytest.mark.parametrize("side", PositionSide)
def test_a_position_is_named_by_market_and_side(side: PositionSide) -> None:
    """The name leads back to both, and a market with one position is named as itself."""
    name = position_name(SYMBOL, side)
    assert (market_of(name), side_of(name)) == (SYMBOL, side)
    assert (name == SYMBOL) is (side is PositionSide.BOTH)
    assert settle_asset(name) == "USDT"
    assert settle_asset("BTC/USDT") is None
