"""How long an outcome was unknown, from the timeline."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.events import Event, EventKind, describe_change
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from tests.builders import build_order
from workers.chaos.doubt import longest_doubt_ms

S = OrderStatus
WAITS = st.lists(st.integers(min_value=0, max_value=100_000), min_size=1, max_size=5)


def moved(before: Order, status: OrderStatus, at_ms: int) -> tuple[Order, tuple[Event, ...]]:
    after = before.to(status)
    return after, describe_change(before, after, at_ms)


@given(waits=WAITS)
def test_the_longest_of_several_claims_counts(waits: list[int]):
    """Each claim lasts until the order goes back, or further; the pauses between do not count."""
    order, now_ms, timeline = build_order(), 0, []
    for wait_ms in waits:
        order, claimed = moved(order, S.SUBMITTED, now_ms)
        now_ms += wait_ms
        order, returned = moved(order, S.INITIALIZED, now_ms)
        timeline += [*claimed, Event(kind=EventKind.ATTEMPT, at_ms=now_ms), *returned]
        now_ms += 1_000_000

    assert longest_doubt_ms(timeline, now_ms) == max(waits)


@given(wait_ms=st.integers(min_value=0, max_value=100_000))
def test_a_claim_without_an_answer_lasts_until_now(wait_ms: int):
    """And one that was never claimed was never in doubt."""
    _, claimed = moved(build_order(), S.SUBMITTED, 1_000)

    assert longest_doubt_ms(claimed, 1_000 + wait_ms) == wait_ms
    assert longest_doubt_ms((), 1_000) == 0


def test_clocks_that_differ_make_no_negative_doubt():
    """The word that another machine wrote may carry an earlier time."""
    order, claimed = moved(build_order(), S.SUBMITTED, 1_000)
    _, answered = moved(order, S.ACCEPTED, 400)

    assert longest_doubt_ms((*claimed, *answered), 5_000) == 0
