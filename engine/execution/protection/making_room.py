"""Before a spot position is closed: end the orders that lock its coins.

The plan pauses for a while. When the position is closed by then, the plan is over; when it is
not, its orders are placed again.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.protection import Protection, ProtectionState
from engine.execution.context import AccountContext
from engine.execution.protection.protecting import protect_account
from engine.ports import Versioned
from engine.risk.book import is_spot

#: So long a position may be without its protection for the order that is to close it.
PAUSE_MS = 30_000


def make_room(context: AccountContext, symbol: str) -> bool:
    """Tell whether nothing of ours locks the coins of a position; have it ended where it does.

    True at once for contracts: their protecting orders only reduce, and lock nothing.
    """
    plans = locking_plans(context, symbol)
    if not plans:
        return True
    if not all([_pause(context, stored) for stored in plans]):
        return False  # Somebody else wrote a plan; the next look tells
    protect_account(context)
    return not any(stored.value.legs for stored in locking_plans(context, symbol))


def locking_plans(context: AccountContext, symbol: str) -> list[Versioned[Protection]]:
    """Return the plans whose orders lock coins of the symbol; none of contracts do."""
    if not is_spot(symbol):
        return []
    return [one for one in context.store.list_protections() if one.value.symbol == symbol]


def _pause(context: AccountContext, stored: Versioned[Protection]) -> bool:
    plan, now_ms = stored.value, context.clock.now_ms()
    if plan.state is not ProtectionState.ACTIVE or plan.paused_until_ms > now_ms + PAUSE_MS // 2:
        return True
    return context.store.save_protection(
        stored.version, replace(plan, paused_until_ms=now_ms + PAUSE_MS)
    )
