"""What an emergency orders of a position: never more than is ours, free and not on its way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import ZERO
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.position import Position, empty_position
from engine.risk.flattening import Flattening, plan_flattening

D = Decimal
SPOT = Instrument(
    symbol="BTC/USDT",
    exchange_symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    quantity_step=D("0.01"),
    min_quantity=D("0.01"),
    market_max_quantity=D(50),
    price_tick=D("0.01"),
    min_notional=D(5),
)
LINEAR = replace(SPOT, symbol="BTC/USDT:USDT", market_type="linear")
AMOUNTS = st.decimals(0, 100, places=4)


def held(traded: Decimal, untraded: Decimal = ZERO, symbol: str = "BTC/USDT") -> Position:
    empty = empty_position("paper", symbol)
    return replace(empty, traded_quantity=traded, untraded_quantity=untraded)


def plan(position: Position, instrument: Instrument | None = SPOT, **given: object) -> Flattening:
    wide = {"reducible": D(1000), "free": D(1000), "price": D(100)}
    return plan_flattening(position, instrument, **(wide | given))  # type: ignore[arg-type]


@given(traded=AMOUNTS, untraded=AMOUNTS, reducible=AMOUNTS, free=AMOUNTS)
def test_never_more_than_every_bound(
    traded: Decimal, untraded: Decimal, reducible: Decimal, free: Decimal
) -> None:
    """What is sold was bought by orders, is free, and is not being sold already."""
    made = plan(held(traded, untraded), reducible=reducible, free=free)
    if made.terms is None:
        return
    quantity = made.terms.quantity
    assert quantity is not None
    assert D("0.01") <= quantity <= min(traded, reducible, free, D(50))
    assert quantity % D("0.01") == 0
    assert made.terms.side is Side.SELL


@given(traded=AMOUNTS, untraded=AMOUNTS)
def test_all_of_it_or_a_word_about_it(traded: Decimal, untraded: Decimal) -> None:
    """Nothing that is held stays without an order, a problem or a sentence."""
    made = plan(held(traded, untraded))
    assert bool(made.left) >= bool(untraded)
    if traded:
        assert made.terms is not None or made.problem or made.left


def test_coins_from_before_stay_unless_the_setting_says_otherwise() -> None:
    """They are not ours to sell."""
    position = held(D(1), D(2))
    assert plan(position).terms.quantity == 1  # type: ignore[union-attr]
    assert "2 BTC: held before" in plan(position).left[0]
    widened = plan(position, sells_untraded=True)
    assert (widened.terms.quantity, widened.left) == (3, ())  # type: ignore[union-attr]


def test_dust_is_named_and_no_problem() -> None:
    """What no order can sell need not go: below the step, or worth too little."""
    for quantity in (D("0.004"), D("0.04")):
        made = plan(held(quantity))
        assert (made.terms, made.problem) == (None, "")
        assert "dust" in made.left[0]


def test_what_cannot_be_sold_now_is_a_problem() -> None:
    """Locked coins, a sale on its way, a suspended market, a market that is gone."""
    position = held(D(1))
    assert "only 0 of it is free" in plan(position, free=D(0)).problem
    assert "unfinished order" in plan(position, reducible=D(0)).problem
    assert "suspended" in plan(position, replace(SPOT, is_trading=False)).problem
    assert "no market" in plan(position, None).problem


def test_a_derivative_is_closed_whole_and_reduce_only() -> None:
    """A short is bought back; the free balance is another matter there."""
    made = plan(held(D(-3), symbol="BTC/USDT:USDT"), LINEAR, free=D(0))
    assert made.terms is not None
    assert (made.terms.side, made.terms.quantity) == (Side.BUY, 3)
    assert made.terms.reduce_only
