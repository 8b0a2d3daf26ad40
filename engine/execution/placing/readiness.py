"""Whether an account takes orders yet: a reconcile has opened it, and no loss holds its claims."""

from __future__ import annotations

from engine.errors import AccountNotReady
from engine.execution.context import AccountContext

#: Between two looks at whether a starting account is ready.
READY_EVERY_MS = 100


def await_ready(context: AccountContext) -> None:
    """Wait until a reconcile has opened the account; AccountNotReady when that takes too long."""
    if _is_ready(context):
        return
    context.dispatcher.reconcile(context.name)
    deadline_ms = context.clock.monotonic_ms() + context.timings.place_wait_ms
    while not _is_ready(context):
        if context.clock.monotonic_ms() >= deadline_ms:
            raise AccountNotReady(
                f"account {context.name} is not reconciled with its exchange yet;"
                " is `augustan up` running? See `augustan doctor`."
            )
        context.clock.wait(READY_EVERY_MS)


def _is_ready(context: AccountContext) -> bool:
    state = context.store.load_state()
    return state.is_opened and not state.is_held
