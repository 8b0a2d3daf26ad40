"""Ask for what a stream may have missed before it was listened to."""

from __future__ import annotations

import logging

from engine.domain.lanes import Lane
from engine.errors import AccountNotReady, ExchangeRefused
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.reconciling.reconcile import compare_orders
from engine.ports import OrderFilter

log = logging.getLogger(__name__)

#: Clocks differ, and trades show up late: what moved so long before the last reconcile is
#: looked at again.
OVERLAP_MS = 60_000
#: So many of the newest orders say which symbols moved lately.
NEWEST = 500


class GapLook:
    """One look at all that may have moved, in steps: trades by symbol, then the open orders.

    It begins after the subscription, so what happens later is in the stream; and it reads on
    from cursors that only REST moves, so what happened before is in its answers. Interrupted by
    an exhausted budget, it goes on where it stood.
    """

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._symbols: list[str] | None = None

    def step(self) -> bool:
        """Ask for the next piece; return whether that was the last.

        Raises what a Gateway question raises, AccountNotReady before the account was rebuilt.
        """
        ask_exchange_time(self._context, Lane.RESOLVE)  # Maybe the process's first question
        if self._symbols is None:
            self._symbols = sorted(moving_symbols(self._context))
        if not self._symbols:
            compare_orders(self._context)
            return True
        self._look_at_trades(self._symbols[-1])
        self._symbols.pop()
        return False

    def _look_at_trades(self, symbol: str) -> None:
        try:
            book_symbol_fills(self._context, symbol, Lane.RESOLVE)
        except ExchangeRefused as error:
            # A market that is gone must not keep the others from being told of
            log.warning("trades of %s %s: %s", self._context.name, symbol, error)


def moving_symbols(context: AccountContext) -> set[str]:
    """Return the symbols of what is not settled, and of what moved since the last reconcile.

    All the others were compared with the exchange by that reconcile, or will be by the next.
    """
    state = context.store.load_state()
    if not state.is_opened:
        raise AccountNotReady(f"account {context.name} is not rebuilt from its exchange yet")
    since_ms = state.reconciled_at_ms - OVERLAP_MS
    active = {entry.symbol for entry in context.store.list_watched()}
    recent = context.store.list_orders(OrderFilter.RECENT, NEWEST)
    moved = [order for order in recent if order.last_event_at_ms >= since_ms]
    return active | {order.terms.symbol for order in moved}
