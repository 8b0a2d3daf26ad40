"""Leases and waits of the stream listener, as pure functions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.config import StreamSettings
from workers.listening.timing import Lease, reconnect_delay_ms, renewal_ms, take_lease

SETTINGS = StreamSettings()
JITTERS = st.floats(min_value=0, max_value=1, exclude_max=True)


def test_lease_is_counted_from_before_the_question() -> None:
    """A slow answer shortens it; so it ends here before it ends in the store."""
    lease = take_lease(7, 1_000, SETTINGS)

    assert lease == Lease(term=7, until_ms=4_000)
    assert lease.is_held(3_999)
    assert not lease.is_held(4_000)
    assert take_lease(None, 1_000, SETTINGS) is None


def test_two_lost_renewals_keep_the_lease() -> None:
    """The third comes in time."""
    assert 2 * renewal_ms(SETTINGS) < SETTINGS.lease_ms


@given(failures=st.integers(0, 10_000), jitter=JITTERS)
def test_waits_stay_within_their_bounds(failures: int, jitter: float) -> None:
    """However often it failed: half of the first wait at least, the longest at most."""
    delay_ms = reconnect_delay_ms(failures, jitter, SETTINGS)

    assert SETTINGS.reconnect_first_ms // 2 <= delay_ms <= SETTINGS.reconnect_longest_ms


@given(failures=st.integers(1, 100), jitter=JITTERS)
def test_waits_grow_with_the_failures(failures: int, jitter: float) -> None:
    """Each is twice the one before, until the longest."""
    before = reconnect_delay_ms(failures, 0, SETTINGS)
    after = reconnect_delay_ms(failures + 1, 0, SETTINGS)

    assert after == min(2 * before, SETTINGS.reconnect_longest_ms)
    assert before / 2 <= reconnect_delay_ms(failures, jitter, SETTINGS) <= before
