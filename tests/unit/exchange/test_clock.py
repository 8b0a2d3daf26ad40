"""The exchange's clock: measured in the middle of the way, believed for a while."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ClockUnknown
from engine.exchange.clock import ExchangeClock, date_difference_ms, measure


class SetClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        raise AssertionError("the wall clock may jump and must not be asked")

    def monotonic_ms(self) -> int:
        return self.ms

    def wait(self, duration_ms: int) -> None:
        self.ms += duration_ms


@given(st.integers(-(10**12), 10**13), st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_error_is_at_most_half_the_way(offset_ms: int, there_ms: int, back_ms: int) -> None:
    """However the way is split, the offset is wrong by no more than half the round trip."""
    began_ms = 5_000_000
    server_ms = began_ms + there_ms + offset_ms
    found = measure(server_ms, began_ms=began_ms, ended_ms=began_ms + there_ms + back_ms)
    assert abs(found.offset_ms - offset_ms) <= (there_ms + back_ms + 1) // 2
    assert found.round_trip_ms == there_ms + back_ms


def test_time_goes_on_by_the_monotonic_clock() -> None:
    """Between two measurements exchange time is ours plus the offset."""
    clock = SetClock()
    exchange = ExchangeClock(clock, max_age_ms=60_000)
    exchange.set(measure(9_000_000, began_ms=clock.ms, ended_ms=clock.ms))
    clock.wait(1_234)
    assert exchange.now_ms() == 9_001_234
    assert exchange.signing_time_ms() == 9_001_234


def test_an_old_measurement_is_due_and_then_unknown() -> None:
    """Measured anew at half its age; beyond its age there is no time, and nothing is signed."""
    clock = SetClock()
    exchange = ExchangeClock(clock, max_age_ms=60_000)
    assert exchange.is_due
    exchange.set(measure(9_000_000, began_ms=clock.ms, ended_ms=clock.ms))
    clock.wait(30_000)
    assert not exchange.is_due
    clock.wait(1)
    assert exchange.is_due
    clock.wait(29_999)
    assert exchange.now_ms() == 9_060_000
    clock.wait(1)
    with pytest.raises(ClockUnknown, match="60001 ms ago"):
        exchange.now_ms()
    assert exchange.signing_time_ms() == 0


def test_a_forgotten_clock_is_unknown() -> None:
    """After the exchange found our time wrong nothing of it is believed."""
    clock = SetClock()
    exchange = ExchangeClock(clock, max_age_ms=60_000)
    exchange.set(measure(9_000_000, began_ms=clock.ms, ended_ms=clock.ms))
    exchange.forget()
    assert exchange.is_due
    with pytest.raises(ClockUnknown):
        exchange.now_ms()


@given(st.text(max_size=40))
def test_any_date_header_is_harmless(header: str) -> None:
    """It is a hint only: junk is no date."""
    difference_ms = date_difference_ms(header, 1_790_000_000_000)
    assert difference_ms is None or isinstance(difference_ms, int)


def test_a_date_header_is_compared() -> None:
    """Whole seconds against the time of the body."""
    header = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert date_difference_ms(header, 784_111_777_000) == 0
    assert date_difference_ms(header, 784_111_770_000) == 7_000
