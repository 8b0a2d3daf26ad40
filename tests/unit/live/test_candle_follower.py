"""Closed candles only, each acted on once, the last word counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candle_follower import LONGEST_PAUSE_S, SHORTEST_PAUSE_S, closed, newest_wish, pause_s
from engine.domain.report import Candle
from engine.domain.signal import SignalType
from engine.errors import InvalidRequest

MINUTE_MS = 60_000
WISHES = st.sampled_from([None, SignalType.LONG, SignalType.CLOSE])


def candles_of(count: int) -> list[Candle]:
    price = Decimal(100)
    return [
        Candle(
            opened_at_ms=MINUTE_MS * number,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=Decimal(1),
        )
        for number in range(1, count + 1)
    ]


@dataclass(frozen=True)
class Script:
    """A strategy whose wish at each candle is written down."""

    wishes: Sequence[SignalType | None]
    candles_needed: int = 1

    def decide(self, candles: Sequence[Candle]) -> SignalType | None:
        return self.wishes[candles[-1].opened_at_ms // MINUTE_MS - 1]


def test_the_newest_candle_is_never_closed():
    """It can still change; the one before it cannot."""
    candles = candles_of(3)

    assert list(closed(candles)) == candles[:2]
    assert list(closed([])) == []


@given(wishes=st.lists(WISHES, max_size=12), seen=st.integers(0, 13))
def test_the_last_wish_after_what_was_seen_counts(wishes: list[SignalType | None], seen: int):
    """Nothing is wanted twice, and an older wish gives way to a newer one."""
    found = newest_wish(
        Script(wishes), "BTC/USDT", candles_of(len(wishes)), after_ms=seen * MINUTE_MS
    )

    fresh = [(number, wish) for number, wish in enumerate(wishes, 1) if wish and number > seen]
    if not fresh:
        assert found is None
        return
    assert found is not None
    assert (found.candle.opened_at_ms, found.signal_type) == (
        fresh[-1][0] * MINUTE_MS,
        fresh[-1][1],
    )


def test_a_strategy_sees_no_later_candle_than_the_one_it_decides_on():
    """What happened afterwards must not be known at a candle's end."""
    seen: list[int] = []

    class Watcher:
        candles_needed = 1

        def decide(self, candles: Sequence[Candle]) -> SignalType | None:
            seen.append(candles[-1].opened_at_ms // MINUTE_MS)
            return None

    newest_wish(Watcher(), "BTC/USDT", candles_of(4), after_ms=2 * MINUTE_MS)

    assert seen == [4, 3]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [("1s", SHORTEST_PAUSE_S), ("10s", 2.5), ("1m", LONGEST_PAUSE_S), ("4h", LONGEST_PAUSE_S)],
)
def test_the_pause_follows_the_interval(interval: str, expected: float):
    """Several looks at each candle, within bounds."""
    assert pause_s(interval) == expected


@pytest.mark.parametrize("interval", ["", "m", "0m", "-1m", "1x", "1.5m", "٣m", "9999m", "m" * 99])
def test_what_is_no_interval_is_refused(interval: str):
    """The sentence names the field and what is allowed."""
    with pytest.raises(InvalidRequest, match=r"^interval is .* for example 1m\.$"):
        pause_s(interval)
