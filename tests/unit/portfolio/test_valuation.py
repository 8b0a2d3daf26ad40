"""What an account is worth, and what it honestly cannot say."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.portfolio import Portfolio
from engine.domain.position import empty_position, fold
from engine.domain.report import Balance, Balances, Ticker
from engine.portfolio.portfolio_update import includes, keep_newer_balances
from engine.portfolio.prices import load_prices, mark_price
from engine.portfolio.valuation import build_portfolio, portfolio_cursors, symbols_to_price
from tests.builders import NOW_MS, build_fill

D = Decimal
POSITION = fold(empty_position("paper", "BTC/USDT"), [build_fill(quantity=D(2), price=D(100))])
BALANCES = Balances(
    assets={
        "USDT": Balance(free=D(700), used=D(100)),
        "BTC": Balance(free=D("1.5"), used=D("0.5")),
        "BNB": Balance(free=D(1), used=D(0)),
        "OLD": Balance(free=D(0), used=D(0)),
    },
    updated_at_ms=NOW_MS,
    asked_at_ms=NOW_MS,
)


def portfolio_at(**prices: str) -> Portfolio:
    return build_portfolio(
        account="paper",
        quote="USDT",
        positions=[POSITION],
        balances=BALANCES,
        prices={f"{asset}/USDT": D(price) for asset, price in prices.items()},
        cursors={"BTC/USDT": 1},
        now_ms=NOW_MS,
    )


def test_equity_is_everything_at_its_price() -> None:
    """800 + 2 * 110 + 1 * 300, locked coins included; 2 bought at 100 are 20 up."""
    portfolio = portfolio_at(BTC="110", BNB="300")
    assert portfolio.equity == D(1320)
    assert portfolio.unpriced_assets == ()
    assert "OLD" not in portfolio.balances
    (row,) = portfolio.positions
    assert (row.mark_price, row.unrealized_pnl) == (D(110), D(20))


def test_without_a_price_there_is_no_equity() -> None:
    """A sum that leaves something out would be a wrong number; the asset is named instead."""
    portfolio = portfolio_at(BTC="110")
    assert portfolio.equity is None
    assert portfolio.unpriced_assets == ("BNB",)
    assert portfolio_at(BNB="300").positions[0].unrealized_pnl is None


def test_only_what_is_held_needs_a_price() -> None:
    """An empty balance, a closed position and the quote currency itself do not."""
    closed = empty_position("paper", "ETH/USDT")
    wanted = symbols_to_price([POSITION, closed], BALANCES, "USDT")
    assert {name for name in wanted if ":" not in name} == {"BNB/USDT", "BTC/USDT"}


def test_rows_of_an_asset_alone_are_in_the_balances() -> None:
    """They fold into no position, so the ledger's own count is what the portfolio includes."""
    ledger = {"USDT": 3, "BTC/USDT": 7}
    assert portfolio_cursors([POSITION], ledger) == {"USDT": 3, "BTC/USDT": 1}


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 5)), st.data())
def test_a_portfolio_includes_what_it_has_reached(
    cursors: dict[str, int], data: st.DataObject
) -> None:
    """Every asked symbol at least as far; one row more, and it does not."""
    portfolio = replace(portfolio_at(), cursors=cursors)
    assert includes(portfolio, cursors)
    symbol = data.draw(st.sampled_from("abc"))
    assert not includes(portfolio, {**cursors, symbol: cursors.get(symbol, 0) + 1})


def test_older_balances_never_replace_newer_ones() -> None:
    """Answers may overtake each other; the positions are new all the same."""
    newer = replace(portfolio_at(BTC="110", BNB="300"), balances_at_ms=NOW_MS + 1)
    older = replace(portfolio_at(BTC="90", BNB="300"), cursors={"BTC/USDT": 2})
    kept = keep_newer_balances(newer, older)
    assert (kept.balances_at_ms, kept.equity) == (NOW_MS + 1, D(1320))
    assert kept.cursors == {"BTC/USDT": 2}
    assert keep_newer_balances(older, newer) == newer
    assert keep_newer_balances(None, older) == older


@pytest.mark.parametrize(
    ("bid", "ask", "last", "expected"),
    [("99", "101", "50", "100"), ("0", "101", "50", "50"), ("0", "0", "0", None)],
)
def test_the_mark_is_the_middle_else_the_last(
    bid: str, ask: str, last: str, expected: str | None
) -> None:
    """One side of a book is no price."""
    ticker = Ticker(symbol="BTC/USDT", bid=D(bid), ask=D(ask), last=D(last), at_ms=NOW_MS)
    assert mark_price(ticker) == (None if expected is None else D(expected))


class FixedPrices:
    """A price source that knows one symbol."""

    def find_price(self, symbol: str) -> Decimal | None:
        return D(100) if symbol == "BTC/USDT" else None


def test_a_missing_price_is_left_out() -> None:
    """Never a zero and never the last known one."""
    assert load_prices(FixedPrices(), ["BTC/USDT", "ABC/USDT"]) == {"BTC/USDT": D(100)}
