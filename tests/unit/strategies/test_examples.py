"""The example strategies: hand-worked first values, and the same word for the same candles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.candle import Candle
from engine.domain.signal import SignalType
from engine.errors import ConfigurationError
from engine.strategies.deciding import count_needed
from engine.strategies.donchian_breakout import DonchianBreakout
from engine.strategies.indicators import atr, rsi, to_price
from engine.strategies.moving_average_cross import MovingAverageCross
from engine.strategies.rsi_reversion import RsiReversion
from engine.strategies.strategy import Strategy
from tests.unit.strategies.candles import Price, candles_of, past_of, replay, words

STRATEGIES: tuple[Strategy, ...] = (
    MovingAverageCross(fast=2, slow=4),
    RsiReversion(length=3),
    DonchianBreakout(entry=4, exit=2),
)
moves = st.lists(
    st.tuples(st.integers(100, 200), st.integers(0, 50), st.integers(0, 50)), max_size=60
)


def decimals(prices: Sequence[int]) -> list[Decimal]:
    return [Decimal(price) for price in prices]


def candles_from(rows: Sequence[tuple[int, int, int]]) -> list[Candle]:
    """Return candles of closes, and how far high and low are from them."""
    return candles_of([(close + up, close - down, close) for close, up, down in rows])


def test_the_first_values_of_the_rsi() -> None:
    """Closes 10 12 11 13 12, length 3.

    Changes +2 -1 +2: average gain 4/3, loss 1/3: RS 4, RSI 100 - 100/5 = 80.
    Then -1: gain (4/3 * 2 + 0)/3 = 8/9, loss (1/3 * 2 + 1)/3 = 5/9: RS 1.6, RSI 61.538...
    """
    values = rsi(decimals([10, 12, 11, 13, 12]), 3)
    assert [math.isnan(value) for value in values] == [True, True, True, False, False]
    assert list(values[3:]) == pytest.approx([80, 100 - 100 / 2.6])


def test_the_first_values_of_the_true_range() -> None:
    """(high, low, close): the range is the farthest of high, low and the close before.

    11-9, close 10; 12-10: 2; 15-13, after close 11: 15-11 = 4; 13-8, after 14: 14-8 = 6.
    Length 2: the mean of 2 and 4 is 3, then (3 * 1 + 6)/2 = 4.5.
    """
    values = atr(candles_of([(11, 9, 10), (12, 10, 11), (15, 13, 14), (13, 8, 9)]), 2)
    assert [math.isnan(value) for value in values] == [True, True, False, False]
    assert list(values[2:]) == pytest.approx([3, 4.5])


def test_a_number_becomes_a_price_of_as_many_decimals() -> None:
    """Never more digits than the market writes."""
    assert to_price(Decimal("1.23456"), Decimal("100.10")) == Decimal("1.23")
    assert to_price(Decimal("1234.5"), Decimal("1E+3")) == Decimal("1234")


def test_a_fall_is_bought_and_its_recovery_sold() -> None:
    """RSI(2) is 100 while closes rise by 1; then -5, -1, +4, +7.

    -5: gain (1 + 0)/2 = 0.5, loss (0 + 5)/2 = 2.5: RSI 16.7, below 30. -1: 0.25 and 1.75: 12.5.
    +4: 2.125 and 0.875: 70.8, above 60. +7: higher still.
    """
    strategy = RsiReversion(length=2, low=30, high=60)
    said = words(strategy, [*range(10, 20), 14, 13, 17, 24])
    assert said == [None] * 10 + ["long", None, "close", None]


def test_a_breakout_is_bought_with_a_stop_and_its_end_sold() -> None:
    """Entry 2, exit 2: a close above the two highs before, then one below the two lows before."""
    strategy = DonchianBreakout(entry=2, exit=2, stop_ranges=1)
    rows: list[Price] = [(11, 9, 10)] * 10 + [(13, 11, 12), (13, 11, 12), (12, 8, 9)]
    said = replay(strategy, candles_of(rows))
    assert said[:10] == [None] * 10
    entry, nothing, close = said[10:]
    assert entry is not None
    assert nothing is None
    # True ranges of 2 so far, then 13 - 10 = 3 (close before: 10): (2 + 3)/2 = 2.5, a whole 2 below
    assert (entry.signal_type, entry.stop_price) == (SignalType.LONG, Decimal(10))
    assert close is not None
    assert close.signal_type is SignalType.CLOSE


def test_touching_the_channel_is_no_breakout() -> None:
    """A close at the highest high before it stays inside."""
    strategy = DonchianBreakout(entry=2, exit=2)
    assert words(strategy, [(11, 9, 10)] * 10 + [(11, 9, 11), (11, 9, 9)])[10:] == [None, None]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda it: type(it).__name__)
@settings(max_examples=40, deadline=None)
@given(rows=moves, cut=st.integers(0, 60))
def test_a_replay_in_two_halves_says_what_the_whole_does(
    strategy: Strategy, rows: list[tuple[int, int, int]], cut: int
) -> None:
    """A restart in the middle, with nothing but candles to begin from, changes no word."""
    candles, needed = candles_from(rows), count_needed(strategy)
    cut = min(cut, len(candles))
    whole = replay(strategy, candles)
    first = replay(strategy, candles[:cut])
    overlap = max(cut - needed + 1, 0)
    second = replay(strategy, candles[overlap:])[cut - overlap :]
    assert first + second == whole


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda it: type(it).__name__)
@settings(max_examples=40, deadline=None)
@given(rows=moves)
def test_every_word_is_a_wish_that_can_be_sent(
    strategy: Strategy, rows: list[tuple[int, int, int]]
) -> None:
    """No market makes an example say nonsense: a stop is below the close, and above zero."""
    past, needed = past_of(candles_from(rows)), count_needed(strategy)
    for end, wish in enumerate(replay(strategy, past.candles), start=1):
        assert wish is None or end >= needed
        if wish is not None and wish.stop_price is not None:
            assert 0 < wish.stop_price < past.candles[end - 1].close


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (RsiReversion, {"length": 1}, "length is 1; it must be from 2 to 200"),
        (RsiReversion, {"low": 60, "high": 50}, "low is 60 and high is 50"),
        (RsiReversion, {"high": 100}, "between 0 and 100"),
        (DonchianBreakout, {"entry": 1}, "entry is 1; it must be from 2 to 200"),
        (DonchianBreakout, {"exit": 201}, "exit is 201"),
        (DonchianBreakout, {"stop_ranges": 0}, "stop_ranges is 0; it must be above 0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_sentence(
    kind: type, fields: dict[str, float], said: str
) -> None:
    """It names the field, the value and what is allowed."""
    with pytest.raises(ConfigurationError, match=said):
        kind(**fields)
