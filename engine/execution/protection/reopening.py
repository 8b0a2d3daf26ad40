"""Take a plan up again that was over, when its entry trades or stands after all.

An order that had ended for all that the exchange said may show a trade later, and one that was
called denied or not placed may turn up: what it brings has to be guarded like the rest. The alarm
is told with the news itself, so that nothing depends on this one message.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.order import Order
from engine.domain.protection import ProtectionState
from engine.execution.context import AccountContext


def reopen_plan(context: AccountContext, entry: Order) -> None:
    """Have the plan of an entry guard again; one that a person ended stays ended.

    Whoever writes the plan meanwhile has taken it up, or ended it.
    """
    stored = context.store.find_protection(entry.protection)
    if stored is None or stored.value.state is not ProtectionState.DONE:
        return
    note = f"order {entry.client_order_id} was not over after all"
    context.store.save_protection(
        stored.version, replace(stored.value, state=ProtectionState.ACTIVE, note=note)
    )
