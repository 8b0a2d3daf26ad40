"""Find trades of others on the account while no stream tells of them.

A look at our own orders does not show them. Totals of the account do: a trade moves the base
asset, so that only symbols whose base asset moved are asked for trades. What this misses (trades
that show up later than the balances they changed), the reconcile finds.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.lanes import Lane
from engine.domain.look import LookMemory
from engine.domain.report import Balances
from engine.errors import ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.fills import book_symbol_fills
from engine.execution.look_plan import changed_assets, changed_symbols, describe_totals
from engine.execution.snapshot import tracked_symbols


def book_strangers(
    context: AccountContext, memory: LookMemory, balances: Balances, now_ms: int
) -> LookMemory:
    """Book trades of the symbols whose base asset moved since the last time.

    Raises nothing that a question raises: the same symbols are asked again the next time.
    """
    totals = describe_totals(balances)
    if memory.totals is not None:
        changed = changed_assets(memory.totals, totals)
        try:
            _book(context, changed)
        except (Retryable, ExchangeRefused):
            return replace(memory, totals_at_ms=now_ms)
    return replace(memory, totals=totals, totals_at_ms=now_ms)


def _book(context: AccountContext, changed: frozenset[str]) -> None:
    if not changed:
        return
    symbols = tracked_symbols(context)
    for symbol in sorted(changed_symbols(symbols, changed, is_explained=True)):
        book_symbol_fills(context, symbol, Lane.POLL)
