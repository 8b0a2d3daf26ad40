"""Settled groups become position and portfolio updates, through the outbox.

The entry was written by the commit that settled the group's last order. Publishing is a hint
and is repeated until the portfolio row itself shows that it covers what the entry touched.
"""

from __future__ import annotations

from engine.domain.portfolio import Portfolio
from engine.execution.context import AccountContext
from engine.ports import OutboxEntry

#: A published entry comes back after this, unless it was finished.
REPUBLISH_MS = 5_000
MOST_ENTRIES = 100


def publish_outbox(context: AccountContext) -> int:
    """Publish the entries that are due; return how many."""
    entries = context.store.claim_outbox(REPUBLISH_MS, MOST_ENTRIES)
    for entry in entries:
        if not finish_if_covered(context, entry):
            context.dispatcher.complete(context.name, entry)
    return len(entries)


def finish_if_covered(context: AccountContext, entry: OutboxEntry) -> bool:
    """Finish the entry if the stored portfolio already includes all that it asked for."""
    stored = context.store.find_portfolio()
    if stored is None or not is_covered(entry, stored.value):
        return False
    context.store.finish_outbox(entry.entry_id)
    return True


def is_covered(entry: OutboxEntry, portfolio: Portfolio) -> bool:
    """Tell whether the portfolio is newer than the entry and has folded all its rows."""
    if portfolio.updated_at_ms < entry.created_at_ms:
        return False
    return all(portfolio.cursors.get(symbol, 0) >= rows for symbol, rows in entry.cursors.items())
