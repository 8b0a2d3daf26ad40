"""The example strategy: once per cross, the same for the same candles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.signal import SignalType
from engine.errors import ConfigurationError
from engine.strategies.moving_average_cross import MovingAverageCross
from engine.strategies.strategy import Strategy
from tests.unit.strategies.candles import words

CROSS = MovingAverageCross(fast=2, slow=4)
closes = st.lists(st.integers(1, 1000), max_size=40)


def wishes(strategy: Strategy, prices: Sequence[int]) -> list[SignalType | None]:
    """Return what the strategy says after each candle."""
    return [SignalType(word) if word else None for word in words(strategy, prices)]


def test_a_rise_and_a_fall() -> None:
    """Fast (2) over slow (4): 10 10 10 10 are level, 14 lifts the fast to 12 over 11."""
    said = wishes(CROSS, [10, 10, 10, 10, 14, 18, 18, 10, 6, 6])
    # After 10: fast (18+10)/2 = 14, slow (14+18+18+10)/4 = 15: below
    assert said == [None] * 4 + [SignalType.LONG, None, None, SignalType.CLOSE, None, None]


@given(closes)
def test_wishes_alternate(prices: list[int]) -> None:
    """Nothing is opened twice or closed twice in a row, unless the averages were level between."""
    said = [wish for wish in wishes(CROSS, prices) if wish is not None]
    averages = [
        sum(prices[end - 1 : end + 1]) * 2 - sum(prices[end - 3 : end + 1])
        for end in range(3, len(prices))
    ]
    if 0 not in averages:
        assert all(first is not second for first, second in pairwise(said))


@given(closes)
def test_a_wish_says_where_the_fast_average_is(prices: list[int]) -> None:
    """LONG only above, CLOSE only below."""
    for end, wish in enumerate(wishes(CROSS, prices)):
        lead = sum(prices[max(end - 1, 0) : end + 1]) * 2 - sum(prices[max(end - 3, 0) : end + 1])
        assert wish is not SignalType.LONG or lead > 0
        assert wish is not SignalType.CLOSE or lead < 0


@given(closes, st.integers(2, 50))
def test_the_price_s_unit_does_not_matter(prices: list[int], factor: int) -> None:
    """A market quoted in cents gives the same signals."""
    assert wishes(CROSS, prices) == wishes(CROSS, [price * factor for price in prices])


@pytest.mark.parametrize(("fast", "slow"), [(0, 5), (5, 5), (6, 5), (-1, 1)])
def test_lengths_that_cannot_cross_are_refused(fast: int, slow: int) -> None:
    """The sentence names both numbers."""
    with pytest.raises(ConfigurationError, match=f"fast is {fast} and slow is {slow}"):
        MovingAverageCross(fast=fast, slow=slow)
