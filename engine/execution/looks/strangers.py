"""Find trades of others on the account while no stream tells of them.

A look at our own orders does not show them. Totals of the account do: a trade moves the base
asset, so that only symbols whose base asset moved are asked for trades. What this misses (trades
that show up later than the balances they changed), the reconcile finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.domain.lanes import Lane
from engine.domain.look import LookMemory
from engine.domain.report import Balances
from engine.errors import ExchangeRefused, Retryable
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.snapshot import tracked_symbols
from engine.execution.context import AccountContext
from engine.execution.looks.look_plan import changed_assets, changed_symbols, describe_totals


def book_strangers(
    context: AccountContext, memory: LookMemory, ask: Callable[[], Balances], now_ms: int
) -> LookMemory:
    """Book trades of the symbols whose base asset moved since the last time.

    Raises nothing that a question raises: what the look found must not wait for this. The same
    symbols are asked again the next time.
    """
    try:
        totals = describe_totals(ask())
        if memory.totals is not None:
            _book(context, changed_assets(memory.totals, totals))
    except (Retryable, ExchangeRefused):
        return replace(memory, totals_at_ms=now_ms)
    return replace(memory, totals=totals, totals_at_ms=now_ms)


def _book(context: AccountContext, changed: frozenset[str]) -> None:
    if not changed:
        return
    symbols = tracked_symbols(context)
    for symbol in sorted(changed_symbols(symbols, changed, is_explained=True)):
        book_symbol_fills(context, symbol, Lane.POLL)
