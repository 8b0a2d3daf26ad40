"""The request allowance of a world, and what its processes share of the exchange's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Answer, Cost, ExchangeAnswers, WindowScope, WindowUsage
from tests.simulation.scheduler import Scheduler


class SimulatedBudget:
    """Implements the port Budget: mostly there is enough."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        self._scheduler.pause("acquire")
        if self._scheduler.dice.random() < self._scheduler.dangers.budget_spent:
            raise BudgetExhausted("the allowance is used up", self._scheduler.dice.randrange(1_500))

    def refund(self, nonce: str) -> None:
        self._scheduler.pause("refund")

    def observe(self, used: Mapping[str, int], *, took_ms: int = 0) -> None:
        """Learn nothing: nobody else uses this allowance."""

    def penalize(self, duration_ms: int, scope: WindowScope = WindowScope.ADDRESS) -> None:
        self._scheduler.pause("penalize")

    def meter(self) -> tuple[WindowUsage, ...]:
        return ()

    def penalty_ms(self, scope: WindowScope = WindowScope.ADDRESS) -> int:
        return 0


class SimulatedAnswers:
    """Implements SharedAnswers in the memory of the world, with its time for the ages.

    The store's own ages by the server's clock, which no world owns.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._kept: dict[str, tuple[int, Answer[Any]]] = {}
        self._drops: dict[str, int] = {}

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[Any]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[Any]:
        """Return a young enough answer of somebody, else ask."""
        scheduler = self._scheduler
        began_ms, drops = scheduler.now_ms, self._drops.get(name, 0)
        found = self._kept.get(name)
        if found is not None and scheduler.dice.random() >= scheduler.dangers.answers_forgotten:
            at_ms, answer = found
            if began_ms - at_ms <= max_age_ms and answer.as_of_ms >= as_of_ms:
                return Answer(
                    value=answer.value,
                    age_ms=began_ms - at_ms,
                    as_of_ms=answer.as_of_ms,
                    is_stored=True,
                )
        answer = ask()
        if drops == self._drops.get(name, 0):
            self._kept[name] = (began_ms, answer)
        return answer

    def drop(self, name: str) -> None:
        self._scheduler.pause("drop answer")
        self._drops[name] = self._drops.get(name, 0) + 1
        self._kept.pop(name, None)

    def clear(self) -> None:
        """Forget everything, as a store does that was lost."""
        self._kept.clear()


def shared_answers(scheduler: Scheduler) -> ExchangeAnswers:
    """Return what all processes of a world share."""
    return ExchangeAnswers(
        instruments=SimulatedAnswers(scheduler),
        tickers=SimulatedAnswers(scheduler),
        balances=SimulatedAnswers(scheduler),
        candles=SimulatedAnswers(scheduler),
    )
