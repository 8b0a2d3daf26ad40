"""The right to work on an account's emergency run, for a while."""

from __future__ import annotations

from engine.execution.context import AccountContext

#: A lease outlives the longest request by so long.
LEASE_MARGIN_MS = 5_000


class TurnOver(Exception):
    """The time is up, or another process works on the run: stop here, nothing is lost."""


class Turn:
    """A lease on the run, renewed as the work goes on; two at once would do no harm."""

    def __init__(self, context: AccountContext, duration_ms: int) -> None:
        self._context = context
        self._name = f"emergency:{context.identity.slug}"
        self._owner = context.random.nonce()
        self._lease_ms = context.timings.http_timeout_ms + LEASE_MARGIN_MS
        self._until_ms = context.clock.monotonic_ms() + duration_ms
        self._renewed_ms = 0

    def begin(self) -> bool:
        """Take the lease; False while another process has it."""
        self._renewed_ms = self._context.clock.monotonic_ms()
        return self._context.shared.acquire_lease(self._name, self._owner, self._lease_ms)

    def end(self) -> None:
        self._context.shared.release_lease(self._name, self._owner)

    def check(self) -> None:
        """Go on unless the time is up or the lease is lost: TurnOver."""
        if self._context.clock.monotonic_ms() >= self._until_ms:
            raise TurnOver
        self.keep()

    def keep(self) -> None:
        """Renew the lease where it is due, whatever the time; TurnOver when it is lost."""
        now_ms = self._context.clock.monotonic_ms()
        if now_ms - self._renewed_ms > LEASE_MARGIN_MS // 5 and not self.begin():
            raise TurnOver

    def pause(self, duration_ms: int) -> None:
        """Wait, no longer than the turn lasts."""
        left_ms = self._until_ms - self._context.clock.monotonic_ms()
        self._context.clock.wait(max(min(duration_ms, left_ms), 0))
        self.check()
