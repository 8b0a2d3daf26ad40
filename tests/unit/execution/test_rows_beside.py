"""Coins of other markets that a trade moved: rows beside it, and nothing counted twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import plain
from engine.domain.fill import Fill, LedgerRow, RowKind, fee_row, payment_row, rows_beside
from engine.domain.position import empty_position, fold
from engine.execution.booking.balance_rows import name_home, offset_rows, touched_symbols
from engine.portfolio.ledger_check import sum_assets
from tests.builders import NOW_MS, build_fill, build_instrument
from tests.unit.domain.ledger_rows import fills

D = Decimal
QUOTES = ("USDT",)
BNB = build_instrument(symbol="BNB/USDT", base="BNB", exchange_symbol="BNBUSDT")
LISTED = {"BTC/USDT": build_instrument(), "BNB/USDT": BNB}
MARKETS = st.sampled_from([{}, LISTED])


def cross_fills(*fee_currencies: str) -> st.SearchStrategy[Fill]:
    """Trades of a coin against another coin."""
    paid_in = fee_currencies or ("ETH", "BTC", "BNB", "")
    return fills(fee_currencies=paid_in).map(lambda fill: replace(fill, symbol="ETH/BTC"))


def beside(fill: Fill) -> list[LedgerRow]:
    """Return what the ledger gets by the trade."""
    return [fill, *rows_beside(fill)]


def sums(rows: list[LedgerRow]) -> dict[str, Decimal]:
    totals = sum_assets((row, None) for row in rows)
    return {asset: total for asset, total in totals.items() if total}


@given(fills(), MARKETS)
def test_a_fee_moves_the_balances_once(fill: Fill, instruments: dict) -> None:
    """With a row of its own or within its trade: the sums are the same."""
    placed = name_home(fill, QUOTES, instruments)
    assert sums(beside(placed)) == sums([fill])
    assert name_home(placed, QUOTES, instruments) == placed
    has_row = bool(fill.fee) and fill.fee_currency not in ("BTC", "USDT")
    assert len(beside(placed)) == 1 + has_row


@given(cross_fills(), MARKETS)
def test_a_trade_between_coins_moves_the_balances_once(fill: Fill, instruments: dict) -> None:
    """Where the coin that pays has a market of its own, it has a row there, fee included."""
    placed = name_home(fill, QUOTES, instruments)
    assert sums(beside(placed)) == sums([fill])
    assert name_home(placed, QUOTES, instruments) == placed
    payment = payment_row(placed)
    assert (payment is not None) == bool(instruments)
    if payment is not None:
        assert (payment.symbol, payment.asset) == ("BTC/USDT", "BTC")
        assert payment.quantity == sums([fill]).get("BTC", D(0))


@given(st.lists(cross_fills(), max_size=8, unique_by=lambda row: row.row_id))
def test_the_coins_of_a_trade_are_in_the_positions_of_their_markets(trades: list[Fill]) -> None:
    """What both positions hold, the one traded and the one paid with, is what the account holds."""
    placed = [name_home(fill, QUOTES, LISTED) for fill in trades]
    rows = [row for fill in placed for row in beside(fill)]
    held = sums(rows)
    for symbol in ("ETH/BTC", "BTC/USDT", "BNB/USDT"):
        own = [row for row in rows if row.symbol == symbol]
        position = fold(empty_position("paper", symbol), own)
        assert plain(position.net_quantity) == plain(held.get(position.base, D(0)))
    assert touched_symbols(placed) == {row.symbol for row in rows}


def test_coins_that_paid_leave_at_their_cost_without_a_profit() -> None:
    """2 BTC for 200, of which 0.5 buy ETH: 1.5 are left at 100 each, and nothing was earned."""
    bought = build_fill(quantity=D(2), price=D(100))
    swap = build_fill(symbol="ETH/BTC", quantity=D(10), price=D("0.05"), executed_at_ms=NOW_MS + 1)
    payment = payment_row(name_home(swap, QUOTES, LISTED))
    assert payment is not None
    assert payment.kind is RowKind.PAYMENT
    coin = fold(empty_position("paper", "BTC/USDT"), [bought, payment])
    assert (coin.net_quantity, coin.entry_price, coin.realized_pnl) == (D("1.5"), 100, 0)


@given(fills() | cross_fills(), MARKETS)
def test_a_trade_of_before_the_opening_leaves_no_trace(fill: Fill, instruments: dict) -> None:
    """Its offsets undo it, fee included."""
    placed = name_home(fill, QUOTES, instruments)
    offsets = offset_rows(placed, NOW_MS, QUOTES, instruments)
    assert sums([*beside(placed), *offsets]) == {}


@given(st.lists(fills(fee_currencies=("BNB",)), max_size=8, unique_by=lambda row: row.row_id))
def test_the_coin_that_pays_holds_what_is_left(trades: list[Fill]) -> None:
    """Its position loses exactly the fees, whatever trades paid them."""
    placed = [name_home(fill, QUOTES, LISTED) for fill in trades]
    rows = [row for fill in placed if (row := fee_row(fill)) is not None]
    coin = fold(empty_position("paper", "BNB/USDT"), rows)
    assert plain(coin.net_quantity) == plain(-sum((fill.fee for fill in trades), D(0)))
    assert touched_symbols(placed) <= {"BTC/USDT", "BNB/USDT"}


def test_a_fee_of_bought_coins_is_lost_at_their_cost() -> None:
    """2 BNB for 1200, of which 0.5 pay a fee: 300 are lost, the rest still costs 600 each."""
    bought = build_fill(symbol="BNB/USDT", quantity=D(2), price=D(600))
    payer = build_fill(fee=D("0.5"), fee_currency="BNB", executed_at_ms=NOW_MS + 1)
    fee = fee_row(name_home(payer, QUOTES, LISTED))
    assert fee is not None
    coin = fold(empty_position("paper", "BNB/USDT"), [bought, fee])
    assert (coin.net_quantity, coin.entry_price, coin.realized_pnl) == (D("1.5"), 600, -300)
    moved = fold(empty_position("paper", "BNB/USDT"), [bought, replace(fee, kind=RowKind.TRANSFER)])
    assert moved.realized_pnl == 0, "coins that were sent elsewhere are not lost"
