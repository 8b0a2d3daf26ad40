"""Chases and trailing stops as arithmetic: any path of prices, both sides."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.changing import Chase, Trail
from engine.domain.chasing import Move, Over, Stay, is_too_far, next_step
from engine.domain.fill import Side
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.trailing import advance, is_touched, trigger_price

SIDES = st.sampled_from(list(Side))
PRICES = st.integers(5_000, 20_000).map(lambda cents: Decimal(cents) / 100)
RATES = st.integers(1, 100).map(lambda tenths: Decimal(tenths) / 10)


def stop(side: Side, rate: Decimal, activation: Decimal | None = None) -> OrderTerms:
    return OrderTerms(
        symbol="BTC/USDT",
        side=side,
        order_type=OrderType.TRAILING_STOP,
        quantity=Decimal(1),
        trailing_rate=rate,
        activation_price=activation,
    )


@given(SIDES, RATES, st.lists(PRICES, min_size=1))
def test_the_best_price_is_kept(side: Side, rate: Decimal, path: list[Decimal]) -> None:
    """After any path it is the highest for a stop that sells, the lowest for one that buys."""
    trail, terms = Trail(), stop(side, rate)
    for price in path:
        trail = advance(trail, terms, price)
    assert trail.best_price == (max(path) if side is Side.SELL else min(path))
    limit = trigger_price(trail, terms)
    assert limit is not None
    assert (limit < trail.best_price) == (side is Side.SELL)


@given(SIDES, RATES, PRICES, st.lists(PRICES, min_size=1))
def test_nothing_goes_off_before_its_activation(
    side: Side, rate: Decimal, activation: Decimal, path: list[Decimal]
) -> None:
    """A price that has not reached it neither counts as the best nor sets anything off."""
    trail, terms = Trail(), stop(side, rate, activation)
    for price in path:
        trail = advance(trail, terms, price)
        reached = price >= activation if side is Side.SELL else price <= activation
        if reached:
            return
        assert trail == Trail()
        assert not is_touched(trail, terms, price)


def test_it_goes_off_at_the_rate_exactly() -> None:
    """110 less 1 % is 108.9: at it, and not a cent above."""
    trail, terms = Trail(best_price=Decimal(110)), stop(Side.SELL, Decimal(1))
    assert is_touched(trail, terms, Decimal("108.90"))
    assert not is_touched(trail, terms, Decimal("108.91"))
    bought = stop(Side.BUY, Decimal(1))
    assert is_touched(trail, bought, Decimal("111.10"))
    assert not is_touched(trail, bought, Decimal("111.09"))


@given(SIDES, PRICES, st.lists(PRICES), st.integers(1, 5), RATES)
def test_a_chase_stays_within_its_bounds(
    side: Side, first: Decimal, touches: list[Decimal], most_moves: int, away: Decimal
) -> None:
    """Along any path: so many moves, never beyond the distance, never away from the market."""
    price, moves = first, 0
    for touch in touches:
        chase = Chase(most_moves=most_moves, most_away=away, first_price=first, moves=moves)
        step = next_step(chase, side, price, touch)
        if isinstance(step, Over):
            assert moves >= most_moves or is_too_far(chase, side, touch)
            return
        if isinstance(step, Stay):
            assert (touch - price) * side.sign <= 0
            continue
        assert isinstance(step, Move)
        assert (step.price - price) * side.sign > 0
        assert abs(step.price - first) * 100 <= first * away
        price, moves = step.price, moves + 1
    assert moves <= most_moves


def test_without_a_price_nothing_moves() -> None:
    """An empty side of the book says nothing."""
    assert next_step(Chase(), Side.BUY, Decimal(100), None) == Stay()
