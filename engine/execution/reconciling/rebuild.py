"""Rebuild an account's state from the exchange: on an empty store, before any claim.

What comes back: open orders of ours, recent orders and their trades, quantities. What cannot:
orders that were recorded and never sent, groups, keys (their ids are derived again), older
history. The quantities that older history left are one opening row for each asset.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.domain.events import EventKind
from engine.domain.fill import BalanceRow, RowKind
from engine.domain.lanes import Lane
from engine.domain.trading_state import AccountState, Life, TradingState
from engine.domain.unknown import Rebuilt
from engine.errors import AccountHeld, ExchangeUnavailable
from engine.execution.booking.balance_rows import book_differences
from engine.execution.booking.entry_prices import load_entry_prices
from engine.execution.booking.fills import book_missing_fills, book_symbol_fills
from engine.execution.booking.income import CURSOR as INCOME_CURSOR
from engine.execution.booking.snapshot import find_differences, take_snapshot
from engine.execution.context import AccountContext
from engine.execution.reconciling.recent_orders import take_recent_orders

#: Of the rows that a rebuild takes over as held.
OPENING = "opening"
EMPTY_STORE = "the store was empty; look at the account, then `augustan resume`"


def rebuild(context: AccountContext, life: Life) -> Rebuilt:
    """Rebuild in this life of the data.

    AccountHeld when the data was lost again meanwhile, or another worker has rebuilt them: what was
    reckoned is worth nothing for the newer store.
    """
    _set_trading_state(context)
    context.gateway.measure_clock(Lane.RESOLVE)
    began_ms = context.gateway.exchange_now_ms()
    since_ms = began_ms - context.timings.trade_lookback_ms
    symbols = take_recent_orders(context, since_ms)
    for symbol in symbols:
        context.store.reset_trade_cursor(symbol, f"ms:{since_ms}")
    context.store.reset_trade_cursor(INCOME_CURSOR, f"ms:{since_ms}")
    _book_older_trades(context, symbols)
    # What the opening has of a trade that queries showed later nobody can tell then, and an order
    # that traded may be as late as its trade
    late_ms = context.timings.query_lag_ms
    snapshot = take_snapshot(context, symbols, Lane.RESOLVE, late_ms=late_ms)
    if snapshot is None:
        raise ExchangeUnavailable("the account traded all the time; the rebuild is tried again")
    openings = find_differences(context, snapshot)
    entries = load_entry_prices(context, openings, snapshot)
    book_differences(context, openings, RowKind.OPENING, OPENING, since_ms, life, entries)
    return Rebuilt(
        opened_at_ms=snapshot.taken_at_ms,
        history_from_ms=since_ms,
        lost_by_ms=began_ms,
        openings=_booked_openings(context),
    )


def _booked_openings(context: AccountContext) -> dict[str, Decimal]:
    """Return what was taken over as held, also by a run before this one that did not finish."""
    rows = (row for name in context.store.load_cursors() for row in context.store.load_rows(name))
    return {
        row.asset: row.quantity
        for row in rows
        if isinstance(row, BalanceRow) and row.row_id == f"{OPENING}:{row.asset}"
    }


def _book_older_trades(context: AccountContext, symbols: Iterable[str]) -> None:
    """Book what open orders traded before the time from which on trades are read.

    Any worker that looks at such an order finds them, at any time: until the account is opened
    nobody can tell that an opening has them already.
    """
    for symbol in sorted(symbols):
        book_symbol_fills(context, symbol, Lane.RESOLVE)
    for entry in context.store.list_watched():
        if entry.lacks_trades:
            order = context.store.load_order(entry.client_order_id).value
            book_missing_fills(context, order, Lane.RESOLVE)


def _set_trading_state(context: AccountContext) -> None:
    """Halt before anything else: nobody knows why the store is empty. Paper goes on by itself.

    A rebuild may be tried for minutes: on paper what a person said meanwhile stays, elsewhere
    nothing is stronger than the halt, until the account is opened. AccountHeld from then on:
    somebody else has rebuilt it, and whoever let it go on may have been answered.
    After a reset of the exchange's ledger the store is not empty: the account goes on as it was.
    """
    is_set = False
    while not is_set:
        seen = context.store.load_state()
        if seen.is_opened:
            raise AccountHeld(f"account {context.name} was rebuilt by another meanwhile")
        if seen.ledger_began_at_ms:
            return
        is_set = _say_how_it_begins(context, seen)


def _say_how_it_begins(context: AccountContext, seen: AccountState) -> bool:
    """Write the trading state; False where it is not the one that was seen any more."""
    if context.is_paper:
        event = context.tell(EventKind.TRADING_STATE, "a paper account on an empty store")
        return context.store.set_trading_state(
            TradingState.ACTIVE, "", events=[event], is_first=True
        )
    event = context.tell(EventKind.TRADING_STATE, EMPTY_STORE)
    return context.store.set_trading_state(
        TradingState.HALTED, EMPTY_STORE, events=[event], instead_of=seen
    )
