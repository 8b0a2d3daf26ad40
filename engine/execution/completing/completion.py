"""Settled groups become position and portfolio updates, through the outbox.

The entry was written by the commit that settled the group's last order. Publishing is a hint
and is repeated until the portfolio row itself shows that it covers what the entry touched.
"""

from __future__ import annotations

from engine.domain.portfolio import Portfolio
from engine.domain.trading_state import Life
from engine.execution.context import AccountContext
from engine.ports import OutboxEntry

#: A published entry comes back after this, unless it was finished.
REPUBLISH_MS = 5_000
MOST_ENTRIES = 100


def publish_outbox(context: AccountContext) -> int:
    """Publish the entries that are due; return how many."""
    entries = context.store.claim_outbox(REPUBLISH_MS, MOST_ENTRIES)
    for entry in entries:
        context.dispatcher.complete(context.name, entry)
    return len(entries)


def finish_if_covered(context: AccountContext, entry: OutboxEntry, life: Life) -> bool:
    """Finish the entry if the stored portfolio includes all the rows that it asked for.

    The entry must have been there before the portfolio was looked at, and have been looked at in
    `life`. No clock can tell that
    afterwards: the entry bears the store's time, the portfolio a worker's.
    """
    stored = context.store.find_portfolio()
    if stored is None or not is_covered(entry, stored.value):
        return False
    return context.store.finish_outbox(entry.entry_id, life)


def is_covered(entry: OutboxEntry, portfolio: Portfolio) -> bool:
    """Tell whether the portfolio has folded all rows of the entry."""
    return all(portfolio.cursors.get(symbol, 0) >= rows for symbol, rows in entry.cursors.items())
