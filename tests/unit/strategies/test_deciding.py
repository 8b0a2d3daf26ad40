"""Closed candles only, each acted on once, the last word counts, nonsense has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.candle import (
    LONGEST_PAUSE_S,
    SHORTEST_PAUSE_S,
    CandleList,
    closed,
    interval_ms,
    pause_s,
)
from engine.domain.fill import Fill, Side
from engine.domain.signal import Signal, SignalType
from engine.errors import InvalidRequest, StrategyFailed
from engine.strategies.deciding import newest_wish, wishes
from engine.strategies.job import to_words, wish_of
from engine.strategies.strategy import View, Wanted
from engine.strategies.wish import signal_of
from tests.unit.strategies.candles import MINUTE_MS, SYMBOL, candles_of, past_of

WISHES = st.sampled_from([None, SignalType.LONG, SignalType.CLOSE])


@dataclass(frozen=True)
class Script:
    """A strategy whose wish at each candle is written down."""

    said: Sequence[Wanted]
    candles_needed: int = 1

    def decide(self, view: View) -> Wanted:
        return self.said[view.candles[-1].opened_at_ms // MINUTE_MS - 1]


@dataclass
class Witness:
    """A strategy that remembers what it was shown."""

    candles_needed: int = 2
    shown: list[View] = field(default_factory=list)
    told: list[Fill] = field(default_factory=list)

    def decide(self, view: View) -> None:
        self.shown.append(view)

    def on_fill(self, fill: Fill, view: View) -> SignalType:
        self.told.append(fill)
        return SignalType.CLOSE


def a_fill(trade_id: str) -> Fill:
    return Fill(
        trade_id=trade_id,
        exchange_order_id="7",
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=Decimal(1),
        price=Decimal(100),
        cost=Decimal(100),
        executed_at_ms=5,
    )


def test_the_newest_candle_is_never_closed():
    """It can still change; the one before it cannot."""
    candles = candles_of([1, 2, 3])
    assert list(closed(candles)) == candles[:2]
    assert list(closed([])) == []
    assert CandleList(tuple(candles)).closed_until_ms == 3 * MINUTE_MS
    assert CandleList(()).closed_until_ms == 0


@given(said=st.lists(WISHES, max_size=12), seen=st.integers(0, 13))
def test_the_last_wish_after_what_was_seen_counts(said: list[SignalType | None], seen: int):
    """Nothing is wanted twice, and an older wish gives way to a newer one."""
    past = past_of(candles_of([100] * len(said)), after_ms=seen * MINUTE_MS)
    found = newest_wish(Script(said), past, 1)
    fresh = [(number, wish) for number, wish in enumerate(said, 1) if wish and number > seen]
    if not fresh:
        assert found is None
        return
    assert found is not None
    number, wanted = fresh[-1]
    assert (found.at_ms, found.signal_type) == ((number + 1) * MINUTE_MS, wanted)


def test_a_strategy_sees_its_candles_and_no_later_one():
    """What happened afterwards must not be known, and what came before must not matter."""
    witness = Witness()
    list(wishes(witness, past_of(candles_of([1, 2, 3, 4]), after_ms=2 * MINUTE_MS)))
    assert [view.closes for view in witness.shown] == [[3, 4], [2, 3]]
    list(wishes(witness, past_of(candles_of([1]))))
    assert len(witness.shown) == 2  # One candle is too few


def test_each_new_fill_is_told_and_its_wish_has_an_id_of_its_own():
    """The wish that a fill gives rise to is the same whenever the fill is told again."""
    witness = Witness()
    past = past_of(candles_of([1, 2]), after_ms=2 * MINUTE_MS)
    past = type(past)(**{**vars(past), "fills": (a_fill("1"), a_fill("2"))})
    first, second = wishes(witness, past)
    assert [fill.trade_id for fill in witness.told] == ["1", "2"]
    assert first.cause != second.cause
    assert [first, second] == list(wishes(witness, past))


def test_a_signal_s_id_is_of_the_strategy_the_symbol_and_the_candle():
    """Whoever decides on a candle again, and whatever then, meets the signal that was sent."""
    long, close = (
        next(wishes(Script([wanted]), past_of(candles_of([100]))))
        for wanted in (SignalType.LONG, SignalType.CLOSE)
    )
    first, second = (signal_of(wish, "cross", age_ms=90_000) for wish in (long, close))
    assert first.key == second.key == f"cross {SYMBOL} 1m {MINUTE_MS}"
    assert (first.strategy, first.created_at_ms) == ("cross", 2 * MINUTE_MS)
    assert first.valid_until_ms == 2 * MINUTE_MS + 90_000
    assert signal_of(long, "other", age_ms=90_000).key != first.key


def signal(**fields: object) -> Callable[[], Signal]:
    return lambda: Signal(**{"symbol": SYMBOL, "signal_type": SignalType.LONG, **fields})


def test_a_wish_carries_its_stop_and_its_target():
    """Both come to the signal, whatever kind of number the strategy reckons in."""
    wanted = signal(stop_price=90.5, target_price=Decimal(120))()
    (wish,) = wishes(Script([wanted]), past_of(candles_of([100])))
    assert wish_of(to_words(wish)) == wish
    sent = signal_of(wish, "cross", age_ms=1)
    assert (sent.stop_price, sent.target_price) == (Decimal("90.5"), Decimal(120))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (lambda: "long", "it returned 'long'; it must be a Signal"),
        (lambda: True, "it returned True"),
        (signal(symbol="ETH/USDT"), "symbol is 'ETH/USDT'; it must be .* BTC/USDT"),
        (signal(signal_type="long"), "signal_type is 'long'; it must be a SignalType"),
        (signal(stop_price=Decimal(100)), "stop_price 100; it must be below .* close 100"),
        (signal(stop_price=99, signal_type=SignalType.SHORT), "99; it must be above"),
        (signal(stop_price=Decimal(-1)), "stop_price is Decimal.*above 0"),
        (signal(stop_price=float("nan")), "stop_price is nan"),
        (signal(target_price=Decimal(100)), "target_price 100; it must be above .* close 100"),
        (signal(target_price=101, signal_type=SignalType.SHORT), "101; it must be below"),
        (signal(target_price=Decimal(0)), "target_price is Decimal.*above 0"),
        (signal(account="other"), "names more than"),
        (signal(key="mine"), "names more than"),
        (signal(budget=Decimal(1)), "names more than"),
    ],
)
def test_nonsense_is_a_sentence(wanted: Callable[[], Wanted], said: str):
    """What is no wish, for another market, or cannot be meant, is told and not sent."""
    with pytest.raises(StrategyFailed, match=said):
        list(wishes(Script([wanted()]), past_of(candles_of([100]))))


@pytest.mark.parametrize("needed", [0, -1, True, "5", None, 1.5])
def test_a_length_that_is_none_is_a_sentence(needed: object):
    """Before any candle is shown."""
    with pytest.raises(StrategyFailed, match="candles_needed is"):
        list(wishes(Script([None], candles_needed=needed), past_of(candles_of([100]))))


@pytest.mark.parametrize(
    ("interval", "expected"),
    [("1s", SHORTEST_PAUSE_S), ("10s", 2.5), ("1m", LONGEST_PAUSE_S), ("4h", LONGEST_PAUSE_S)],
)
def test_the_pause_follows_the_interval(interval: str, expected: float):
    """Several looks at each candle, within bounds."""
    assert pause_s(interval) == expected


@pytest.mark.parametrize(
    ("interval", "expected"), [("1s", 1_000), ("5m", 300_000), ("1d", 86_400_000)]
)
def test_an_interval_has_a_length(interval: str, expected: int):
    """In milliseconds."""
    assert interval_ms(interval) == expected


@pytest.mark.parametrize("interval", ["", "m", "0m", "-1m", "1x", "1.5m", "٣m", "9999m", "m" * 99])
def test_what_is_no_interval_is_refused(interval: str):
    """The sentence names the field and what is allowed."""
    with pytest.raises(InvalidRequest, match=r"^interval is .* for example 1m\.$"):
        pause_s(interval)
