"""Balances and trades of one and the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from engine.domain.derivative import market_of
from engine.domain.lanes import Lane
from engine.domain.report import Balances
from engine.execution.booking.balance_rows import list_instruments
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.income import book_income
from engine.execution.context import AccountContext
from engine.portfolio.ledger_check import compare_balances

#: On a busy account trades keep coming; the comparison is then left to the next run.
MOST_TRIES = 5
#: The exchange stamps trades and tells its time by clocks that may be so far apart.
STAMP_ERROR_MS = 250


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the exchange held, and how many rows the ledger had then."""

    balances: Balances
    cursors: Mapping[str, int]
    #: Exchange time that was over. Ahead of it, a trade that follows would count as one of before.
    taken_at_ms: int


def tracked_symbols(context: AccountContext, lane: Lane = Lane.MARKET_DATA) -> set[str]:
    """Return the symbols whose trades we follow: watched, in the ledger, or being ordered."""
    known = set(context.watchlist) | {market_of(name) for name in context.store.load_cursors()}
    known |= {entry.symbol for entry in context.store.list_watched()}
    return {
        item.symbol
        for item in context.gateway.load_instruments(lane)
        if not known.isdisjoint({item.symbol, item.exchange_symbol})
    }


def take_snapshot(
    context: AccountContext, symbols: Iterable[str], lane: Lane, *, late_ms: int = 0
) -> Snapshot | None:
    """Return balances between two looks at the trades that found nothing that they may have.

    Rows that another process booked meanwhile count as well: the ledger must not have moved.
    `late_ms`: balances may have a trade for so long before a look can find it. What trades while
    that passes is younger than they are, and moves nothing.
    None when the account never stood still: then there is nothing to compare with.
    """
    watched = sorted(symbols)
    for _ in range(MOST_TRIES):
        _book_all(context, watched, lane)
        cursors, taken_at_ms = context.store.load_cursors(), context.gateway.exchange_past_ms()
        balances = context.gateway.load_balances(lane)
        read_by_ms = context.gateway.load_server_time_ms(lane) if late_ms else None
        context.clock.wait(late_ms)
        _book_all(context, watched, lane)
        if _stood_still(context, cursors, read_by_ms):
            return Snapshot(balances=balances, cursors=cursors, taken_at_ms=taken_at_ms)
    return None


def _stood_still(
    context: AccountContext, cursors: Mapping[str, int], read_by_ms: int | None
) -> bool:
    """Tell whether the ledger has no row since that the balances of then may have."""
    moved = [
        name for name, count in context.store.load_cursors().items() if count != cursors.get(name)
    ]
    if read_by_ms is None:
        return not moved
    since = (context.store.load_ledger(name, cursors.get(name, 0)).rows for name in moved)
    return all(row.executed_at_ms > read_by_ms + STAMP_ERROR_MS for row in chain(*since))


def _book_all(context: AccountContext, symbols: Iterable[str], lane: Lane) -> None:
    for symbol in symbols:
        book_symbol_fills(context, symbol, lane)
    book_income(context, lane)


def find_differences(context: AccountContext, snapshot: Snapshot) -> dict[str, Decimal]:
    """Return what each asset held beyond the sum of its ledger rows then; equal ones left out."""
    instruments = list_instruments(context)
    ledgers = {symbol: context.store.load_ledger(symbol) for symbol in snapshot.cursors}
    rows = [
        (row, instruments.get(symbol))
        for symbol, count in snapshot.cursors.items()
        for row in ledgers[symbol].rows[: max(count - ledgers[symbol].first, 0)]
    ]
    left = [ledger.checkpoint.assets for ledger in ledgers.values() if ledger.checkpoint]
    return compare_balances(rows, snapshot.balances.totals, left)
