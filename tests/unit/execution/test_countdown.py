"""When a countdown is begun anew, and what it may have ended."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.countdown import Countdown, due_symbols

LENGTH_MS = 60_000
TIMES = st.integers(0, 10 * LENGTH_MS)


@given(TIMES, st.lists(TIMES, max_size=5))
def test_whoever_renews_in_time_is_never_said_to_have_been_late(
    began: int, more: list[int]
) -> None:
    """Only a gap longer than the countdown leaves a time at which it may have ended orders."""
    countdown, last_ms, gaps = Countdown(begun_at_ms=began, length_ms=LENGTH_MS), began, []
    for at_ms in sorted(began + one for one in more):
        if at_ms - last_ms >= LENGTH_MS:
            gaps.append((last_ms + LENGTH_MS, at_ms))
        countdown, last_ms = countdown.renewed(at_ms, LENGTH_MS), at_ms
    assert countdown.ran_out == (gaps[-1] if gaps else None)
    assert countdown.may_have_ended_orders(last_ms, 0) is bool(gaps and gaps[-1][1] == last_ms)
    assert countdown.may_have_ended_orders(last_ms + LENGTH_MS, 0)


@given(st.sets(st.sampled_from("abc")), TIMES)
def test_what_is_wanted_is_due_at_a_third(wanted: set[str], age_ms: int) -> None:
    """At once where none was begun or its length is another; else after a third of it."""
    known = {"a": Countdown(begun_at_ms=0, length_ms=LENGTH_MS)}
    known["b"] = Countdown(begun_at_ms=0, length_ms=LENGTH_MS + 1)
    due = set(due_symbols(known, wanted, LENGTH_MS, age_ms))
    assert due >= wanted - {"a"}
    assert ("a" in due) is ("a" in wanted and age_ms >= LENGTH_MS // 3)
