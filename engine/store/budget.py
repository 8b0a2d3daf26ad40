"""The request allowance of one account behind one egress address, shared by all workers.

The exchange's own fixed windows are kept in Redis as they are, in exchange time. Nobody knows
how full a window is after the store was lost or restarted: until a response header answers or
the window turns it counts as full, except for one first request, for a small allowance, and
for the part that is the emergency lane's. The answer to the first request brings the header.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted, ClockUnknown
from engine.ports import Clock, Cost, Window, WindowScope, WindowUsage
from engine.store import keys
from engine.store.client import RedisClient
from engine.store.part import NowMs, pack
from engine.store.scripts import run_read

#: Which part of each window a lane leaves for the lanes above it.
RESERVES: Mapping[Lane, float] = {
    Lane.EMERGENCY: 0.0,
    Lane.CANCEL: 0.10,
    Lane.SUBMIT: 0.20,
    Lane.RESOLVE: 0.30,
    Lane.POLL: 0.40,
    Lane.MARKET_DATA: 0.60,
}

#: Which part of a window may be taken while nobody knows how full it is.
UNKNOWN_SHARE = 0.02
UNKNOWN_EMERGENCY_SHARE = 0.10


@dataclass(frozen=True, kw_only=True)
class BudgetScope:
    """Whose allowance it is."""

    venue: str
    egress: str  # The address that requests leave from
    account: str

    def window_key(self, window: Window) -> str:
        is_shared = window.scope is WindowScope.ADDRESS
        owner = f"address:{self.egress}" if is_shared else f"account:{self.account}"
        return keys.budget_window(self.venue, owner, window.name)


class RedisBudget:
    """Implements the port Budget.

    `exchange_now_ms` is this process's measure of the exchange's clock; without one, or while it
    is unknown, the store's clock stands for it. A grant in the last `guard_ms` of a window counts
    in the next one too, since the request may arrive there.
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
            "lane": lane.value,
            "guard_ms": self._guard_ms,
            "windows": [self._demand(window, cost, lane) for window in self._windows],
        }
        first = (self._penalty_key(), keys.budget_grant(self._scope.venue, nonce))
        # A lost reply may be asked for again: the nonce makes the grant one
        return int(self._run("acquire", first, plan))

    def _demand(self, window: Window, cost: Cost, lane: Lane) -> dict[str, int]:
        is_address = window.scope is WindowScope.ADDRESS
        is_emergency = lane is Lane.EMERGENCY
        share = UNKNOWN_EMERGENCY_SHARE if is_emergency else UNKNOWN_SHARE
        return {
            "limit": window.limit,
            "interval_ms": window.interval_ms,
            "cost": cost.weight if is_address else cost.orders,
            "reserve": math.ceil(window.limit * self._reserves[lane]),
            "allowance": math.floor(window.limit * share),
        }

    def refund(self, nonce: str) -> None:
        """Give back what `nonce` took and did not use. Twice is as good as once."""
        names = (keys.budget_grant(self._scope.venue, nonce), *self._window_keys())
        run_read(self._client, "refund", names, ())

    def observe(self, used: Mapping[str, int]) -> None:
        """Correct the meter by a response header, by window name; never downward."""
        seen = [window for window in self._windows if window.name in used]
        plan = {
            "guard_ms": self._guard_ms,
            "windows": [
                {"interval_ms": window.interval_ms, "used": used[window.name]} for window in seen
            ],
        }
        names = [self._scope.window_key(window) for window in seen]
        run_read(self._client, "observe", names, (*self._times(), pack(plan)))

    def penalize(self, duration_ms: int) -> None:
        """Stop all of us for so long: the exchange answered 429 or 418."""
        if duration_ms > 0:
            args = (self._times()[0], duration_ms)
            run_read(self._client, "penalize", (self._penalty_key(),), args)

    def meter(self) -> tuple[WindowUsage, ...]:
        """Return one line for each window; one that nobody knows shows as full."""
        _, *lines = self._look()
        return tuple(
            _usage(window, *line) for window, line in zip(self._windows, lines, strict=True)
        )

    def penalty_ms(self) -> int:
        return int(self._look()[0])

    def _look(self) -> list[Any]:
        plan = {"windows": [{"interval_ms": window.interval_ms} for window in self._windows]}
        return list(self._run("meter", (self._penalty_key(),), plan))

    def _run(self, script: str, first_keys: tuple[str, ...], plan: Mapping[str, object]) -> Any:
        names = (*first_keys, *self._window_keys())
        return run_read(self._client, script, names, (*self._times(), pack(plan)))

    def _window_keys(self) -> tuple[str, ...]:
        return tuple(self._scope.window_key(window) for window in self._windows)

    def _penalty_key(self) -> str:
        return keys.budget_penalty(self._scope.venue, self._scope.egress)

    def _times(self) -> tuple[str, str]:
        """Return our time and the exchange's, for a script; empty: the server's."""
        now = "" if self._now_ms is None else str(self._now_ms())
        if self._exchange_now_ms is None:
            return now, ""
        try:
            return now, str(self._exchange_now_ms())
        except ClockUnknown:
            return now, ""


def _usage(
    window: Window, used: int, is_known: int, resets_in_ms: int, flat: list[str]
) -> WindowUsage:
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    lanes = {lane: int(fields[f"lane:{lane}"]) for lane in Lane if f"lane:{lane}" in fields}
    return WindowUsage(
        window=window,
        used=used if is_known else window.limit,
        resets_in_ms=resets_in_ms,
        used_by_lane=lanes,
    )
