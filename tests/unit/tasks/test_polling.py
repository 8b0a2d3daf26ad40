"""How often and how long a fresh order is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.orders import POLL_FIRST_S, POLL_LONGEST_S, POLL_RETRIES, poll_delay_s

#: What a source of chance returns.
chances = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(st.integers(min_value=0, max_value=1_000), chances)
def test_every_wait_is_within_bounds(retries: int, jitter: float) -> None:
    """However often it was tried, a wait is neither nothing nor longer than the bound."""
    assert POLL_FIRST_S / 2 <= poll_delay_s(retries, jitter) <= POLL_LONGEST_S


@given(st.integers(min_value=0, max_value=1_000), chances)
def test_waits_grow(retries: int, jitter: float) -> None:
    """With the same luck the next wait is no shorter."""
    assert poll_delay_s(retries + 1, jitter) >= poll_delay_s(retries, jitter)


@given(st.lists(chances, min_size=POLL_RETRIES, max_size=POLL_RETRIES))
def test_all_waits_together_are_less_than_a_minute(jitters: list[float]) -> None:
    """The due set goes on from there; messages that wait longer are not safe with Redis."""
    waits_s = [poll_delay_s(retries, jitter) for retries, jitter in enumerate(jitters)]
    assert sum(waits_s) < 60
