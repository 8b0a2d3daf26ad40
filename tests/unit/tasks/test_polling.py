"""How often and how long a fresh order is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.orders import MOST_POLLS, POLL_LONGEST_S, poll_delay_s

#: What a source of chance returns.
chances = st.floats(min_value=0, max_value=1, exclude_max=True)
firsts_ms = st.integers(min_value=1, max_value=3_600_000)


@given(firsts_ms, st.integers(min_value=0, max_value=10_000), chances)
def test_every_wait_is_within_bounds(first_ms: int, retries: int, jitter: float) -> None:
    """However often it was tried, a wait is neither nothing nor longer than the bound."""
    shortest_s = min(first_ms / 1000, POLL_LONGEST_S) / 2
    assert shortest_s <= poll_delay_s(first_ms, retries, jitter) <= POLL_LONGEST_S


@given(firsts_ms, st.integers(min_value=0, max_value=1_000), chances)
def test_waits_grow(first_ms: int, retries: int, jitter: float) -> None:
    """With the same luck the next wait is no shorter."""
    assert poll_delay_s(first_ms, retries + 1, jitter) >= poll_delay_s(first_ms, retries, jitter)


@given(firsts_ms, st.lists(chances, min_size=MOST_POLLS, max_size=MOST_POLLS))
def test_all_waits_together_are_less_than_a_minute(first_ms: int, jitters: list[float]) -> None:
    """The due set goes on from there; messages that wait longer are not safe with Redis."""
    waits_s = [poll_delay_s(first_ms, retries, jitter) for retries, jitter in enumerate(jitters)]
    assert sum(waits_s) < 60
