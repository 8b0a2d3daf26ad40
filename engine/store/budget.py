"""The request allowance of one account behind one egress address, shared by all workers.

The exchange's own fixed windows are kept in Redis as they are, in exchange time. Nobody knows
how full a window is after the store was lost or restarted: until a response header answers or
the window turns it counts as full, except for one first request, for a small allowance, and
for the part that is the emergency lane's. The answer to the first request brings the header.

Accounts behind one address share its windows. Who asked within the last window is active, and a
part of each other active account's fair share is left to it, less and less towards the end of
the window, so that nothing stays unused. What a lane leaves to those above melts likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted, ClockUnknown
from engine.ports import Clock, Cost, Window, WindowScope, WindowUsage
from engine.store import keys
from engine.store.budget_plan import RESERVES, BudgetScope, demand, read_usage
from engine.store.client import RedisClient
from engine.store.part import NowMs, pack
from engine.store.scripts import run_read


class RedisBudget:
    """Implements the port Budget.

    `exchange_now_ms` is this process's measure of the exchange's clock; without one, or while it
    is unknown, the last that any process had stands for it, else the store's clock. A grant in
    the last `guard_ms` of a window counts in the next one too, since the request may arrive there.
    """

    def __init__(
        self,
        client: RedisClient,
        windows: tuple[Window, ...],
        scope: BudgetScope,
        clock: Clock,
        *,
        exchange_now_ms: Callable[[], int] | None = None,
        now_ms: NowMs | None = None,
        reserves: Mapping[Lane, float] = RESERVES,
        guard_ms: int = 500,
    ) -> None:
        self._client = client
        self._windows = windows
        self._scope = scope
        self._clock = clock
        self._exchange_now_ms = exchange_now_ms
        self._now_ms = now_ms
        self._reserves = reserves
        self._guard_ms = guard_ms

    @property
    def scope(self) -> BudgetScope:
        return self._scope

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        """Take `cost`; waits at most `wait_ms` for a window to turn.

        Raises BudgetExhausted with the time after which asking again may help. The same nonce
        takes once, however often it asks.
        """
        began_ms = self._clock.monotonic_ms()
        while True:
            missing_ms = self._try(cost, lane, nonce)
            if not missing_ms:
                return
            left_ms = began_ms + wait_ms - self._clock.monotonic_ms()
            if missing_ms > left_ms:
                raise BudgetExhausted(
                    f"The request allowance of {self._scope.account} at {self._scope.venue} is"
                    f" used up for {lane.value} requests; try again in {missing_ms} ms.",
                    missing_ms,
                )
            self._clock.wait(missing_ms)

    def _try(self, cost: Cost, lane: Lane, nonce: str) -> int:
        plan = {
            "account": self._scope.account,
            "lane": lane.value,
            "guard_ms": self._guard_ms,
            "is_order": cost.orders > 0,
            "windows": [demand(window, cost, lane, self._reserves) for window in self._windows],
        }
        first = (
            self._scope.penalty_key(WindowScope.ADDRESS),
            self._scope.penalty_key(WindowScope.ACCOUNT),
            keys.budget_grant(self._scope.venue, nonce),
            self._scope.askers_key(),
        )
        # A lost reply may be asked for again: the nonce makes the grant one
        return int(self._run("acquire", first, plan))

    def refund(self, nonce: str) -> None:
        """Give back what `nonce` took and did not use. Twice is as good as once."""
        names = (keys.budget_grant(self._scope.venue, nonce), *self._window_keys())
        run_read(self._client, "refund", names, ())

    def observe(self, used: Mapping[str, int], *, took_ms: int = 0) -> None:
        """Correct the meter by a response header, by window name; never downward.

        `took_ms`: since its request began. One that began before the window did may speak of the
        window before.
        """
        seen = [window for window in self._windows if window.name in used]
        plan = {
            "guard_ms": max(self._guard_ms, took_ms),
            "windows": [
                {"interval_ms": window.interval_ms, "used": used[window.name]} for window in seen
            ],
        }
        names = [self._scope.clock_key(), *(self._scope.window_key(window) for window in seen)]
        run_read(self._client, "observe", names, (*self._times(), pack(plan)))

    def penalize(self, duration_ms: int, scope: WindowScope = WindowScope.ADDRESS) -> None:
        """Obey a 429 or 418 for so long: all of us, or with ACCOUNT the account's orders."""
        if duration_ms > 0:
            args = (self._times()[0], duration_ms)
            run_read(self._client, "penalize", (self._scope.penalty_key(scope),), args)

    def meter(self) -> tuple[WindowUsage, ...]:
        """Return one line for each window; one that nobody knows shows as full."""
        _, *lines = self._look(WindowScope.ADDRESS)
        return tuple(
            read_usage(window, *line) for window, line in zip(self._windows, lines, strict=True)
        )

    def penalty_ms(self, scope: WindowScope = WindowScope.ADDRESS) -> int:
        return int(self._look(scope)[0])

    def _look(self, scope: WindowScope) -> list[Any]:
        plan = {"windows": [{"interval_ms": window.interval_ms} for window in self._windows]}
        return list(self._run("meter", (self._scope.penalty_key(scope),), plan))

    def _run(self, script: str, first_keys: tuple[str, ...], plan: Mapping[str, object]) -> Any:
        names = (*first_keys, self._scope.clock_key(), *self._window_keys())
        return run_read(self._client, script, names, (*self._times(), pack(plan)))

    def _window_keys(self) -> tuple[str, ...]:
        return tuple(self._scope.window_key(window) for window in self._windows)

    def _times(self) -> tuple[str, str]:
        """Return our time and the exchange's, for a script; empty: the server's."""
        now = "" if self._now_ms is None else str(self._now_ms())
        if self._exchange_now_ms is None:
            return now, ""
        try:
            return now, str(self._exchange_now_ms())
        except ClockUnknown:
            return now, ""
