"""Balances and trades of one and the same moment."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.lanes import Lane
from engine.domain.report import Balances
from engine.execution.context import AccountContext
from engine.execution.fills import book_symbol_fills
from engine.ports import OrderFilter

#: On a busy account trades keep coming; the comparison is then left to the next run.
MOST_TRIES = 5


def tracked_symbols(context: AccountContext) -> set[str]:
    """Return the symbols whose trades we follow: watched, held, or ever ordered."""
    known = set(context.watchlist) | set(context.store.load_cursors())
    known |= {order.terms.symbol for order in context.store.list_orders(OrderFilter.ACTIVE)}
    return {
        item.symbol
        for item in context.gateway.load_instruments()
        if not known.isdisjoint({item.symbol, item.exchange_symbol})
    }


def load_consistent_balances(
    context: AccountContext, symbols: Iterable[str], lane: Lane
) -> Balances | None:
    """Return balances between two looks at the trades that found nothing new.

    None when the account never stood still: then there is nothing to compare with.
    """
    watched = sorted(symbols)
    for _ in range(MOST_TRIES):
        _book_all(context, watched, lane)
        balances = context.gateway.load_balances(lane)
        if _book_all(context, watched, lane) == 0:
            return balances
    return None


def _book_all(context: AccountContext, symbols: Iterable[str], lane: Lane) -> int:
    return sum(book_symbol_fills(context, symbol, lane) for symbol in symbols)
