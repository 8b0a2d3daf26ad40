"""Sales of an emergency run that a store may have lost with its last writes."""

from __future__ import annotations

from engine.domain.emergency import EmergencyRun
from engine.domain.lanes import Lane
from engine.errors import AccountNotReady
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.placing.lost_keys import fence_ms, may_be_forgotten
from engine.risk.book import is_spot


def require_nothing_lost(context: AccountContext, run: EmergencyRun, symbol: str) -> None:
    """Raise AccountNotReady while an order of this run may arrive that the store has lost.

    Then the trades are read, so that what it sold is not sold again. Of a contract a second order
    can only reduce, and does not wait for that.
    """
    state = context.store.load_state()
    if not state.is_opened or state.is_held:
        raise AccountNotReady("the account waits for a reconcile")
    if not is_spot(symbol) or not may_be_forgotten(context, state, run.began_at_ms):
        return
    if ask_exchange_time(context, Lane.EMERGENCY) < fence_ms(context, state.rebuilt_at_ms):
        raise AccountNotReady("an order from before the store's loss may still arrive")
    book_symbol_fills(context, symbol, Lane.EMERGENCY)
