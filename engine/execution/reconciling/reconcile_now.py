"""Reconcile for somebody who waits for the result."""

from __future__ import annotations

from contextlib import suppress

from engine.errors import AccountHeld, Retryable
from engine.execution.context import AccountContext
from engine.execution.reconciling.findings import ReconcileResult
from engine.execution.reconciling.reconcile import reconcile

#: A worker may be at the same; then its end is waited for, and the comparison is made again.
WAIT_MS = 30_000
LOOK_EVERY_MS = 100


def reconcile_now(context: AccountContext, *, is_thorough: bool = True) -> ReconcileResult:
    """Reconcile now; Retryable when others are at it all the time."""
    deadline_ms = context.clock.monotonic_ms() + WAIT_MS
    while True:
        with suppress(AccountHeld):  # The store was lost meanwhile: begun anew
            result = reconcile(context, is_thorough=is_thorough)
            if result is not None and (result.is_finished or result.is_reset_suspected):
                return result
        if context.clock.monotonic_ms() >= deadline_ms:
            raise Retryable(f"account {context.name} is being reconciled all the time; try again.")
        context.clock.wait(LOOK_EVERY_MS)
