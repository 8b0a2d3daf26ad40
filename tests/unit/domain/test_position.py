"""A position is a fold: the order of arrival, repeats and lateness change nothing."""

from __future__ import annotations

from decimal import Decimal, localcontext
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import EXACT
from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, Side, asset_changes
from engine.domain.position import PositionState, empty_position, fold, split_symbol
from tests.builders import NOW_MS, build_fill
from tests.unit.domain.ledger_rows import SYMBOL, empty, fills, ledgers

D = Decimal


@given(ledgers(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_rows_fold_to_the_same_position(
    rows: list[LedgerRow], random: Random
) -> None:
    """The exchange may repeat itself and speak out of turn; the position does not care."""
    arrived = rows + random.sample(rows, k=random.randint(0, len(rows)))
    random.shuffle(arrived)
    assert fold(empty(), arrived) == fold(empty(), rows)


@given(ledgers(), st.integers(0, 12))
def test_folding_on_equals_folding_at_once(rows: list[LedgerRow], cut: int) -> None:
    """A position that was stored half-way goes on as if it had never stopped."""
    ordered = sorted(rows, key=lambda row: row.sort_key)
    halfway = fold(empty(), ordered[:cut])
    assert fold(halfway, ordered[cut:]) == fold(empty(), rows)
    assert fold(empty(), rows).cursor == len(rows)


@given(ledgers())
def test_the_quantity_is_the_sum_of_what_the_rows_did_to_the_coin(rows: list[LedgerRow]) -> None:
    """Positions equal the exchange to the last digit, whatever the fees were paid in."""
    with localcontext(EXACT):
        changes = [asset_changes(row, "BTC", "USDT").get("BTC", D(0)) for row in rows]
        expected = sum(changes, D(0))
    assert fold(empty(), rows).net_quantity == expected


@given(ledgers(fills(fee_currencies=("", "BNB", "USDT"))), st.integers(1, 10**9))
def test_profit_is_the_cash_that_came_in_and_the_value_of_what_is_left(
    rows: list[LedgerRow], mark: int
) -> None:
    """realized + unrealized = cash flow in quote + quantity * mark, exactly, flips included."""
    position, mark_price = fold(empty(), rows), D(mark).scaleb(-2)
    with localcontext(EXACT):
        cash = sum((asset_changes(row, "BTC", "USDT")["USDT"] for row in rows), D(0))
        worth = cash + position.net_quantity * mark_price
        assert position.realized_pnl + position.unrealized_pnl(mark_price) == worth


@given(ledgers(fills()))
def test_a_fee_in_coins_is_a_loss_at_the_price_of_the_trade(rows: list[LedgerRow]) -> None:
    """The identity holds with fees in coins as well: the coins given away are worth nothing."""
    position = fold(empty(), rows)
    with localcontext(EXACT):
        cash = sum((asset_changes(row, "BTC", "USDT").get("USDT", D(0)) for row in rows), D(0))
        assert position.realized_pnl - position.traded_cost == cash


@given(ledgers())
def test_the_two_parts_of_a_position_never_stand_against_each_other(rows: list[LedgerRow]) -> None:
    """A withdrawal of bought coins is no short, and a sale of given coins is none either."""
    position = fold(empty(), rows)
    assert position.traded_quantity * position.untraded_quantity >= 0


@given(ledgers())
def test_no_cost_outlives_its_coins(rows: list[LedgerRow]) -> None:
    """An empty position has no cost, and an open one costs something on its own side."""
    position = fold(empty(), rows)
    if position.traded_quantity == 0:
        assert position.traded_cost == 0
        assert position.entry_price is None
    else:
        assert position.traded_cost * position.traded_quantity >= 0


@given(ledgers(fills()))
def test_fees_are_kept_by_currency(rows: list[LedgerRow]) -> None:
    """What was paid in a third coin is remembered, and moves neither quantity nor profit."""
    with localcontext(EXACT):
        paid = sum((row.fee for row in rows if row.fee_currency == "BNB"), D(0))
    assert fold(empty(), rows).fees.get("BNB", D(0)) == paid


def trades(*parts: tuple[str, str, str]) -> list[Fill]:
    """Return one fill for each (side, quantity, price), a millisecond apart."""
    return [
        build_fill(
            trade_id=str(number),
            side=Side(side),
            quantity=D(quantity),
            price=D(price),
            executed_at_ms=NOW_MS + number,
        )
        for number, (side, quantity, price) in enumerate(parts, start=1)
    ]


@pytest.mark.parametrize(
    ("parts", "quantity", "entry", "realized"),
    [
        # (1 * 100 + 3 * 120) / 4 = 460 / 4 = 115
        ([("buy", "1", "100"), ("buy", "3", "120")], "4", "115", "0"),
        # Sells 1 of 4 that cost 115 each: 130 - 115 = 15
        ([("buy", "1", "100"), ("buy", "3", "120"), ("sell", "1", "130")], "3", "115", "15"),
        # Closed: (90 - 100) * 2 = -20, nothing left to have an entry
        ([("buy", "2", "100"), ("sell", "2", "90")], "0", None, "-20"),
        # Flip: closes 2 for (110 - 100) * 2 = 20, opens 3 short at 110
        ([("buy", "2", "100"), ("sell", "5", "110")], "-3", "110", "20"),
        # Flip back: short 3 at 110 bought back at 90 = 60, opens 1 long at 90; 20 + 60 = 80
        ([("buy", "2", "100"), ("sell", "5", "110"), ("buy", "4", "90")], "1", "90", "80"),
        # 3 cost 302, a third of it is 100.666…; sold in two parts for 303 in all: exactly 1
        (
            [("buy", "1", "100"), ("buy", "2", "101"), ("sell", "1", "101"), ("sell", "2", "101")],
            "0",
            None,
            "1",
        ),
    ],
)
def test_hand_worked_trades(
    parts: list[tuple[str, str, str]], quantity: str, entry: str | None, realized: str
) -> None:
    """Increase, reduce, close, flip and flip back, with the arithmetic beside each."""
    position = fold(empty(), trades(*parts))
    assert position.net_quantity == D(quantity)
    assert position.entry_price == (None if entry is None else D(entry))
    assert position.realized_pnl == D(realized)


@pytest.mark.parametrize(
    ("currency", "quantity", "entry", "realized"),
    [
        # 0.002 of 2 coins are given away at 100: 1.998 are left at 100, 0.2 is lost
        ("BTC", "1.998", "100", "-0.2"),
        # 0.002 in quote are lost; quantity and entry are those of the trade
        ("USDT", "2", "100", "-0.002"),
        # A third coin moves neither
        ("BNB", "2", "100", "0"),
    ],
)
def test_hand_worked_fees(currency: str, quantity: str, entry: str, realized: str) -> None:
    """A fee of 0.002 on a purchase of 2 at 100, paid in each kind of coin."""
    fill = build_fill(quantity=D(2), price=D(100), fee=D("0.002"), fee_currency=currency)
    position = fold(empty(), [fill])
    assert position.net_quantity == D(quantity)
    assert position.entry_price == D(entry)
    assert position.realized_pnl == D(realized)
    assert position.fees == {currency: D("0.002")}


def move(quantity: str, at_ms: int, kind: RowKind = RowKind.TRANSFER) -> BalanceRow:
    return BalanceRow(
        row_id=f"move:{at_ms}",
        kind=kind,
        symbol=SYMBOL,
        asset="BTC",
        quantity=D(quantity),
        executed_at_ms=at_ms,
    )


def test_an_opening_row_has_no_entry_price() -> None:
    """Coins from before the ledger are held, and what they cost is not made up."""
    position = fold(empty(), [move("3", NOW_MS, RowKind.OPENING)])
    assert position.direction is PositionState.LONG
    assert position.entry_price is None
    assert position.unrealized_pnl(D(100)) == 0


def test_selling_coins_of_unknown_entry_realizes_nothing() -> None:
    """Bought coins are sold first: 2 at 100 for 110 make 20, the third had no price."""
    rows = [
        move("3", NOW_MS, RowKind.OPENING),
        *trades(("buy", "2", "100"), ("sell", "3", "110")),
    ]
    position = fold(empty(), rows)
    assert position.net_quantity == D(2)
    assert position.traded_quantity == 0
    assert position.realized_pnl == D(20)


def test_withdrawn_coins_take_their_cost_with_them() -> None:
    """4 bought for 100 each, 1 withdrawn: 3 left, still 100 each, no profit, no short."""
    position = fold(empty(), [*trades(("buy", "4", "100")), move("-1", NOW_MS + 9)])
    assert position.net_quantity == D(3)
    assert position.entry_price == D(100)
    assert position.realized_pnl == 0
    assert position.untraded_quantity == 0


def test_the_booked_cost_counts_not_the_product() -> None:
    """Where the exchange rounds the cost, the cash that moved is what was paid."""
    fill = build_fill(quantity=D("0.3"), price=D("0.333"), cost=D("0.09"))
    assert fold(empty(), [fill]).traded_cost == D("0.09")


def test_a_symbol_names_its_assets() -> None:
    """Spot and derivative symbols, and an asset that stands for itself."""
    assert split_symbol("BTC/USDT") == ("BTC", "USDT")
    assert split_symbol("BTC/USDT:USDT") == ("BTC", "USDT")
    assert split_symbol("BNB") == ("BNB", "")
    assert empty_position("paper", "ETH/BTC").quote == "BTC"
