"""What one ledger row does, and where it belongs."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given

from engine.domain.fill import BalanceRow, Fill, RowKind, Side, asset_changes
from tests.builders import NOW_MS, build_fill
from tests.unit.domain.ledger_rows import balance_rows, fills

D = Decimal


@given(fills())
def test_a_trade_moves_both_assets_and_the_fee(fill: Fill) -> None:
    """Coins one way, their cost the other, the fee out of its own currency."""
    changes = asset_changes(fill, "BTC", "USDT")
    given_fee = {fill.fee_currency: fill.fee} if fill.fee else {}
    assert changes["BTC"] + given_fee.get("BTC", D(0)) == fill.side.sign * fill.quantity
    assert changes["USDT"] + given_fee.get("USDT", D(0)) == -fill.side.sign * fill.cost
    assert changes.get("BNB", D(0)) == -given_fee.get("BNB", D(0))


@given(balance_rows())
def test_a_balance_row_moves_its_own_asset_only(row: BalanceRow) -> None:
    """A deposit of the coin is no trade: the quote currency stays."""
    assert asset_changes(row, "BTC", "USDT") == {row.asset: row.quantity}


def test_no_digit_is_lost_in_large_numbers() -> None:
    """18 digits before and 18 behind the point survive, where 28 digits would not be enough."""
    large = D("123456789012345678.123456789012345678")
    fill = build_fill(side=Side.SELL, quantity=large, price=D(1), cost=large)
    assert asset_changes(fill, "BTC", "USDT") == {"BTC": large.copy_negate(), "USDT": large}


def test_a_self_trade_is_two_rows() -> None:
    """Both sides of a trade with oneself carry one trade id; each is booked."""
    bought = build_fill(exchange_order_id="1")
    sold = build_fill(exchange_order_id="2", side=Side.SELL)
    assert bought.row_id != sold.row_id


def test_rows_of_one_millisecond_keep_the_exchange_s_order() -> None:
    """Trade 10 comes after trade 9, as numbers do and words do not; an opening comes first."""
    ninth, tenth = build_fill(trade_id="9"), build_fill(trade_id="10")
    opening = BalanceRow(
        row_id="opening:BTC",
        kind=RowKind.OPENING,
        symbol="BTC/USDT",
        asset="BTC",
        quantity=D(1),
        executed_at_ms=NOW_MS,
    )
    ordered = sorted([tenth, opening, ninth], key=lambda row: row.sort_key)
    assert ordered == [opening, ninth, tenth]


def test_a_trade_id_that_is_no_number_still_sorts() -> None:
    """Some venues name trades by words, some by digits that are no decimal number."""
    words = [build_fill(trade_id="b-7f"), build_fill(trade_id="²"), build_fill(trade_id="a-7f")]
    assert [fill.trade_id for fill in sorted(words, key=lambda fill: fill.sort_key)] == [
        "a-7f",
        "b-7f",
        "²",
    ]
