"""An allowance and answers for one process that is alone: there is no store to share them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Answer, Clock, Cost, ExchangeAnswers, Window, WindowScope, WindowUsage

T = TypeVar("T")

#: The part of each window that is taken: nobody knows what other processes use of the rest.
SHARE = 0.5


class LoneBudget:
    """Implements the port Budget: counts what this process asks, and obeys a 429 or 418."""

    def __init__(self, windows: Sequence[Window], clock: Clock) -> None:
        self._windows = windows
        self._clock = clock
        self._used: dict[tuple[str, int], int] = {}
        self._quiet_until_ms: dict[WindowScope, int] = {}

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        """Take `cost`; BudgetExhausted while the exchange wants quiet, or our share is used."""
        now_ms = self._clock.monotonic_ms()
        missing_ms = max(self.penalty_ms(), self._turns_in_ms(cost, now_ms))
        if cost.orders:
            missing_ms = max(missing_ms, self.penalty_ms(WindowScope.ACCOUNT))
        if missing_ms > wait_ms:
            raise BudgetExhausted("The request allowance is used up.", missing_ms)
        if missing_ms:
            self._clock.wait(missing_ms)
        for window in self._windows:
            place = self._place(window, self._clock.monotonic_ms())
            self._used[place] = self._used.get(place, 0) + window.part_of(cost)

    def _turns_in_ms(self, cost: Cost, now_ms: int) -> int:
        """Return how long until every window has room for `cost`; 0 when all have."""
        full = (
            window.interval_ms - now_ms % window.interval_ms
            for window in self._windows
            if self._used.get(self._place(window, now_ms), 0) + window.part_of(cost)
            > window.limit * SHARE
        )
        return max(full, default=0)

    def _place(self, window: Window, now_ms: int) -> tuple[str, int]:
        return (window.name, now_ms // window.interval_ms)

    def refund(self, nonce: str) -> None:
        """Give nothing back: one process wastes little."""

    def observe(self, used: Mapping[str, int], *, took_ms: int = 0) -> None:
        """Learn nothing: the share that is taken leaves room for what others use."""

    def penalize(self, duration_ms: int, scope: WindowScope = WindowScope.ADDRESS) -> None:
        until_ms = self._clock.monotonic_ms() + duration_ms
        self._quiet_until_ms[scope] = max(self._quiet_until_ms.get(scope, 0), until_ms)

    def meter(self) -> tuple[WindowUsage, ...]:
        return ()

    def penalty_ms(self, scope: WindowScope = WindowScope.ADDRESS) -> int:
        return max(self._quiet_until_ms.get(scope, 0) - self._clock.monotonic_ms(), 0)


class LoneAnswers(Generic[T]):
    """Implements the port SharedAnswers: what this process asked lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[int, Answer[T]]] = {}

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[T]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[T]:
        began_ms = self._clock.monotonic_ms()
        kept = self._kept.get(name)
        if kept is not None and began_ms - kept[0] < max_age_ms and kept[1].as_of_ms >= as_of_ms:
            return kept[1]
        answer = ask()
        self._kept[name] = (began_ms, answer)
        return answer

    def drop(self, name: str) -> None:
        self._kept.pop(name, None)


def lone_answers(clock: Clock) -> ExchangeAnswers:
    """Return answers that nobody else sees."""
    return ExchangeAnswers(
        instruments=LoneAnswers(clock),
        tickers=LoneAnswers(clock),
        balances=LoneAnswers(clock),
        candles=LoneAnswers(clock),
    )
