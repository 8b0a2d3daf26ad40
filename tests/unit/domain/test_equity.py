"""Performance by hand-worked tables: transfers are no result, a day begins at midnight."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.equity import DAY_MS, SETTLING_MS, Performance, begin_performance

D = Decimal
START_MS = 20_000 * DAY_MS + 1_000  # Just after midnight
MINUTE_MS = 60_000

#: Minutes since the start, what was booked as transferred, the equity.
Step = tuple[int, str, str]


def live(*steps: Step, equity: str = "1000") -> Performance:
    """Return the performance after these looks."""
    made = begin_performance(D(equity), "a-mark", START_MS, {})
    for minutes, moved, seen in steps:
        made = made.after(D(seen), D(moved), START_MS + minutes * MINUTE_MS, {})
    return made


def at(minutes: int) -> int:
    return START_MS + minutes * MINUTE_MS


@pytest.mark.parametrize(
    ("steps", "minute", "daily", "drawdown"),
    [
        ([], 0, "0", "0"),
        ([(1, "0", "1010")], 1, "10", "0"),
        ([(1, "0", "950")], 1, "-50", "0.05"),
        # A profit is a peak once it is ten minutes old, then a fall is measured from it
        ([(1, "0", "1250"), (2, "0", "1000")], 2, "0", "0"),
        ([(1, "0", "1250"), (10, "0", "1000"), (20, "0", "1000")], 20, "0", "0.2"),
        # A deposit of 500 is seen at minute 20 and booked at 24: neither result nor peak
        ([(20, "0", "1500"), (24, "500", "1500")], 24, "0", "0"),
        ([(20, "0", "1500"), (24, "500", "1500"), (60, "0", "1350")], 60, "-150", "0.1"),
        # A withdrawal of 500 looks like a loss until it is booked
        ([(20, "0", "500")], 20, "-500", "0.5"),
        ([(20, "0", "500"), (24, "-500", "500")], 24, "0", "0"),
        # Peak 1200, then 600 are taken out; a fall of 60 is a tenth of what is left
        ([(1, "0", "1200"), (12, "0", "1200"), (22, "0", "1200"), (30, "-600", "600"),
          (31, "0", "540")], 31,
         "140", "0.1"),
        # The next day begins with the last result of the one before
        ([(1439, "0", "1100"), (1440, "0", "1090")], 1440, "-10", "0"),
        # A deposit that is booked just after midnight may have been in it already
        ([(1439, "0", "1500"), (1440, "0", "1500"), (1442, "500", "1485")], 1442, "0", "0.01"),
        ([(1439, "0", "1100"), (1441, "500", "1600")], 1441, "0", "0"),
        # Nothing was seen of a day: nothing is known to be lost
        ([(1, "0", "900")], 3000, "0", "0.1"),
    ],
)  # fmt: skip
def test_hand_worked(steps: list[Step], minute: int, daily: str, drawdown: str) -> None:
    """Day by day and peak by peak."""
    made = live(*steps)
    assert made.daily_result(at(minute)) == D(daily)
    assert made.drawdown == D(drawdown)


def test_an_account_that_lost_everything_is_as_low_as_can_be() -> None:
    """Nothing is divided by nothing."""
    assert live((1, "0", "0")).drawdown == 1
    assert live((1, "0", "0"), equity="0").drawdown == 0
    assert live((1, "-1000", "0"), (2, "0", "-1")).drawdown == 1


money = st.integers(1, 100_000).map(D)


@given(
    st.lists(st.tuples(st.integers(1, 3000), money), min_size=1, max_size=20),
    st.lists(st.integers(-500, 500).map(D), min_size=20, max_size=20),
)
def test_transfers_that_are_booked_change_no_result(
    looks: list[tuple[int, Decimal]], moved: list[Decimal]
) -> None:
    """The same account with and without them, to the last digit."""
    plain = begin_performance(D(1000), "a-mark", START_MS, {})
    other, total, minute, highest = plain, D(0), 0, D(1000)
    for (passed, equity), transfer in zip(looks, moved, strict=False):
        minute, total = minute + passed, total + transfer
        plain = plain.after(equity, D(0), at(minute), {})
        other = other.after(equity + total, transfer, at(minute), {})
        assert other.result == plain.result
        assert other.equity == equity + total
        highest = max(highest, other.result)
        assert 1000 <= other.peak <= highest


def test_a_peak_is_no_younger_than_a_deposit_needs_to_be_known() -> None:
    """One that is booked in time leaves no trace, whenever it came."""
    for arrived in range(1, 30):
        booked = arrived + SETTLING_MS // MINUTE_MS - 1
        steps = [
            (minute, "500" if minute == booked else "0", "1500" if minute >= arrived else "1000")
            for minute in range(1, 60)
        ]
        assert live(*steps).peak == 1000
