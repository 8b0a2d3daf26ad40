"""Read everything that the store says of an account, for a comparison."""

from __future__ import annotations

from engine.execution.context import AccountContext
from engine.ports import OrderFilter
from workers.demo.our_facts import Books


def load_books(context: AccountContext, most_rows: int) -> Books:
    """Return orders and fills (at most so many of each), ledger rows, positions, portfolio."""
    store = context.store
    stored = store.find_portfolio()
    return Books(
        orders=store.list_orders(OrderFilter.RECENT, most_rows),
        fills=store.list_fills(limit=most_rows),
        rows=[row for symbol in store.load_cursors() for row in store.load_rows(symbol)],
        positions=store.list_positions(),
        portfolio=stored.value if stored else None,
    )
