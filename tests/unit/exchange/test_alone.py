"""A process that is alone takes half of each window, and obeys an exchange that says stop."""

from __future__ import annotations

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.exchange.alone import LoneAnswers, LoneBudget
from engine.ports import Answer, Cost, Counted, Window, WindowScope
from engine.system import SystemClock

WEIGHT = Window(
    name="weight_1m",
    scope=WindowScope.ADDRESS,
    counted=Counted.WEIGHT,
    limit=100,
    interval_ms=60_000,
)


class StillClock(SystemClock):
    """Stands still until it is waited on."""

    now = 0

    def monotonic_ms(self) -> int:
        return self.now

    def wait(self, duration_ms: int) -> None:
        self.now += duration_ms


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def budget(clock: StillClock) -> LoneBudget:
    return LoneBudget([WEIGHT], clock)


def take(budget: LoneBudget, weight: int, wait_ms: int = 0, orders: int = 0) -> None:
    cost = Cost(weight=weight, orders=orders)
    budget.acquire(cost, Lane.EMERGENCY, nonce="n", wait_ms=wait_ms)


def test_half_of_a_window_is_taken(budget: LoneBudget, clock: StillClock) -> None:
    """The rest is left to whom nobody can ask; the next window brings as much again."""
    take(budget, 50)
    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1)
    assert refused.value.retry_after_ms == 60_000
    take(budget, 1, wait_ms=60_000)
    assert clock.now == 60_000


def test_a_penalty_is_obeyed(budget: LoneBudget, clock: StillClock) -> None:
    """A 429 quiets all; too many orders quiet orders alone."""
    budget.penalize(5_000, WindowScope.ACCOUNT)
    take(budget, 1)
    with pytest.raises(BudgetExhausted):
        take(budget, 1, orders=1)
    budget.penalize(2_000)
    with pytest.raises(BudgetExhausted):
        take(budget, 1)
    clock.wait(2_000)
    take(budget, 1)


def test_answers_are_kept_as_long_as_they_may_be_used(clock: StillClock) -> None:
    """A young answer is not asked for again, a dropped or old one is."""
    answers: LoneAnswers[int] = LoneAnswers(clock)
    asked = iter(range(10))

    def ask() -> Answer[int]:
        return Answer(value=next(asked))

    def obtain(max_age_ms: int) -> int:
        return answers.obtain("a", ask, asker="x", max_age_ms=max_age_ms).value

    assert (obtain(100), obtain(100), obtain(0)) == (0, 0, 1)
    clock.wait(100)
    assert obtain(100) == 2
    answers.drop("a")
    assert obtain(100) == 3
