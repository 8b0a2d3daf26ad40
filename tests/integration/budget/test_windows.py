"""Windows of the shared budget: limits, lanes, refunds, headers, and what happens at their ends."""

from __future__ import annotations

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Cost
from engine.store.budget import RedisBudget
from engine.store.budget_plan import RESERVES
from tests.integration.budget.allowance import MINUTE, START_MS, take, used
from tests.integration.budget.manual_clock import ManualClock

pytestmark = pytest.mark.integration


def test_window_holds_its_limit_and_no_more(budget: RedisBudget, clock: ManualClock) -> None:
    """The refusal says when the window turns; then all of it is there again."""
    take(budget, 60)
    take(budget, 40)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1)

    assert refused.value.retry_after_ms == 55_000
    clock.wait(55_000)
    take(budget, 100)


def test_acquire_waits_for_the_turn_if_it_comes_in_time(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """A short wait is waited through the clock, a longer one refused at once."""
    take(budget, 100)
    clock.wait(54_000)

    with pytest.raises(BudgetExhausted):
        budget.acquire(Cost(weight=1), Lane.EMERGENCY, nonce="a", wait_ms=999)
    budget.acquire(Cost(weight=1), Lane.EMERGENCY, nonce="a", wait_ms=1_000)

    assert clock.at_ms == START_MS + MINUTE


@pytest.mark.parametrize("lane", list(Lane))
def test_lane_leaves_its_reserve_to_those_above(
    budget: RedisBudget, clock: ManualClock, lane: Lane
) -> None:
    """As a window begins each lane stops at its own mark; the emergency lane may take all."""
    clock.at_ms = START_MS + MINUTE
    mark = 100 - round(100 * RESERVES[lane])
    take(budget, mark, lane)

    with pytest.raises(BudgetExhausted):
        take(budget, 1, lane)
    for higher in (one for one in Lane if RESERVES[one] < RESERVES[lane]):
        take(budget, 1, higher)


def test_reserve_melts_while_its_window_runs_out(budget: RedisBudget, clock: ManualClock) -> None:
    """A lane is told when more is free for it; of its reserve two fifths stay to the end."""
    clock.at_ms = START_MS + MINUTE
    take(budget, 80, Lane.SUBMIT)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 6, Lane.SUBMIT)
    assert refused.value.retry_after_ms == MINUTE // 2
    clock.wait(MINUTE // 2)
    take(budget, 6, Lane.SUBMIT)
    clock.at_ms = START_MS + 2 * MINUTE - 501
    take(budget, 5, Lane.SUBMIT)
    with pytest.raises(BudgetExhausted):
        take(budget, 2, Lane.SUBMIT)
    take(budget, 4, Lane.CANCEL)


def test_nothing_is_taken_where_one_window_is_full(budget: RedisBudget) -> None:
    """An order that the account's window refuses uses no weight."""
    take(budget, 1, orders=10)

    with pytest.raises(BudgetExhausted):
        take(budget, 5, orders=1)

    assert used(budget) == 1


def test_full_window_does_not_hold_what_does_not_use_it(budget: RedisBudget) -> None:
    """Too many orders do not stop questions."""
    take(budget, 0, orders=10)

    take(budget, 5)


def test_nonce_takes_once_and_gives_back_once(budget: RedisBudget) -> None:
    """Repeats of either change nothing; an unknown nonce has nothing to give."""
    for _ in range(2):
        budget.acquire(Cost(weight=7, orders=1), Lane.SUBMIT, nonce="n")
    assert (used(budget), used(budget, "orders_10s")) == (7, 1)

    for _ in range(2):
        budget.refund("n")
    budget.refund("unknown")

    assert (used(budget), used(budget, "orders_10s")) == (0, 0)


def test_refund_of_a_window_that_has_turned_is_nothing(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """The new window never held it."""
    nonce = take(budget, 30)
    clock.wait(MINUTE)
    take(budget, 20)

    budget.refund(nonce)

    assert used(budget) == 20


def test_grant_near_the_end_counts_in_both_windows(budget: RedisBudget, clock: ManualClock) -> None:
    """The request may arrive in the next; so the next has room for it."""
    clock.at_ms = START_MS + MINUTE - 400
    nonce = take(budget, 70)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 70
    with pytest.raises(BudgetExhausted):
        take(budget, 31)
    take(budget, 10)
    budget.refund(nonce)
    assert used(budget) == 10


def test_refund_near_the_end_empties_both_windows(budget: RedisBudget, clock: ManualClock) -> None:
    """What never left arrives in neither."""
    clock.at_ms = START_MS + MINUTE - 400
    budget.refund(take(budget, 70))
    assert used(budget) == 0
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0


def test_grant_before_the_guard_counts_in_its_own_window_only(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """One millisecond earlier the next window is empty."""
    clock.at_ms = START_MS + MINUTE - 501
    take(budget, 70)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0


def test_guard_does_not_overfill_the_next_window(budget: RedisBudget, clock: ManualClock) -> None:
    """Both windows must have the room."""
    clock.at_ms = START_MS + MINUTE - 400
    take(budget, 100)

    with pytest.raises(BudgetExhausted):
        take(budget, 1)
    clock.at_ms = START_MS + MINUTE
    with pytest.raises(BudgetExhausted):
        take(budget, 1)


def test_header_only_raises_the_meter(budget: RedisBudget) -> None:
    """It may know of others' traffic; ours that it has not seen yet stays counted."""
    take(budget, 30)
    budget.observe({"weight_1m": 20})
    assert used(budget) == 30
    budget.observe({"weight_1m": 90})
    budget.observe({"weight_1m": 40})

    assert used(budget) == 90
    with pytest.raises(BudgetExhausted):
        take(budget, 11)


def test_refund_never_falls_below_what_the_header_said(budget: RedisBudget) -> None:
    """The exchange counted so much; our unsent request was not among it."""
    nonce = take(budget, 30)
    budget.observe({"weight_1m": 25})

    budget.refund(nonce)

    assert used(budget) == 25


def test_header_of_the_window_before_does_not_fill_the_new_one(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """An answer that comes back just after the turn speaks of what was."""
    clock.at_ms = START_MS + MINUTE + 100
    budget.observe({"weight_1m": 99})
    assert used(budget) == 0
    clock.at_ms = START_MS + MINUTE + 600
    budget.observe({"weight_1m": 50})
    assert used(budget) == 50
