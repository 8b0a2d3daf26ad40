"""Compare the ledger with the exchange's balances, and name what lasts.

A difference may be a trade that shows up late, or one in a market that we do not follow. Only
what is still the same a while later, with every trade looked for, is called unexplained.
"""

from __future__ import annotations

from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.domain.events import EventKind
from engine.domain.fill import RowKind
from engine.domain.lanes import Lane
from engine.domain.position import moved_by_trade
from engine.domain.trading_state import Life
from engine.execution.booking.balance_rows import book_differences, list_instruments
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.income import CURSOR, book_income
from engine.execution.booking.snapshot import (
    Snapshot,
    find_differences,
    take_snapshot,
    tracked_symbols,
)
from engine.execution.context import AccountContext

#: A difference is kept in mind for so long, to see whether it lasts.
REMEMBER_MS = 3_600_000
#: A difference that is seen again so much later is no late trade.
LASTING_MS = 30_000
#: What nothing explains is a cause to stop until balances are equal again, at most for so long.
UNEXPLAINED_MS = 30 * 86_400_000
#: Trades that undo each other to the last digit, fees included, leave no difference: all trades
#: are read so often whatever the totals say.
READ_ALL_MS = 3_600_000


def check_balances(
    context: AccountContext, life: Life, *, is_thorough: bool
) -> dict[str, Decimal] | None:
    """Return what differs by asset, exchange minus ledger; None when it cannot be told now.

    A thorough check reads the trades of every symbol, twice; another one only where totals
    differ, since a missing trade moves them. What lasts is booked as unexplained, with an alarm.
    """
    symbols = tracked_symbols(context)
    if not is_thorough and not _is_reading_due(context) and _is_equal(context, symbols):
        _first_seen_ms(context, {})
        return {}
    differences = _compare(context, symbols)
    missed = traded_between(context, differences or {}) - symbols
    if missed:
        differences = _compare(context, symbols | missed)
    if differences is None:
        return None
    context.shared.put_cache(_reading(context), "1", READ_ALL_MS)
    since_ms = _first_seen_ms(context, differences)
    if differences and context.clock.now_ms() - since_ms >= LASTING_MS:
        _book_unexplained(context, differences, since_ms, life)
    return differences


def _compare(context: AccountContext, symbols: set[str]) -> dict[str, Decimal] | None:
    snapshot = take_snapshot(context, symbols, Lane.RESOLVE)
    if snapshot is None or _awaits_trades(context):
        return None
    return find_differences(context, snapshot)


def _is_equal(context: AccountContext, symbols: set[str]) -> bool:
    """Tell whether ledger and balances agree, after the trades of the symbols that moved."""
    differences = _compare_totals(context)
    changed = {market_of(name) for name in differences or {}}
    moved = {name for name in symbols if moved_by_trade(name) in changed}
    for symbol in sorted(moved):
        book_symbol_fills(context, symbol, Lane.RESOLVE)
    if differences:
        moved |= {CURSOR} if book_income(context, Lane.RESOLVE) else set()
    return (_compare_totals(context) if moved else differences) == {}


def _compare_totals(context: AccountContext) -> dict[str, Decimal] | None:
    """Compare without reading trades; None when rows were booked meanwhile or are awaited."""
    cursors, taken_at_ms = context.store.load_cursors(), context.gateway.exchange_past_ms()
    balances = context.gateway.load_balances(Lane.RESOLVE)
    if context.store.load_cursors() != cursors or _awaits_trades(context):
        return None
    snapshot = Snapshot(balances=balances, cursors=cursors, taken_at_ms=taken_at_ms)
    return find_differences(context, snapshot)


def _is_reading_due(context: AccountContext) -> bool:
    return context.shared.find_cache(_reading(context)) is None


def _reading(context: AccountContext) -> str:
    return f"trades_read:{context.identity.slug}"


def traded_between(context: AccountContext, differences: dict[str, Decimal]) -> set[str]:
    """Return the markets in which a trade would have moved two of the assets that differ."""
    return {
        item.symbol
        for item in list_instruments(context).values()
        if item.base in differences and item.quote in differences
    }


def _awaits_trades(context: AccountContext) -> bool:
    """Tell whether an order may have traded without our having the rows yet."""
    return any(entry.is_in_doubt or entry.lacks_trades for entry in context.store.list_watched())


def _first_seen_ms(context: AccountContext, differences: dict[str, Decimal]) -> int:
    """Return since when exactly these differences have been seen; another look starts anew."""
    if not differences and unexplained_words(context):
        context.shared.put_cache(_unexplained(context), "", 1)  # Equal again: a cause is gone
    known, words = context.shared.find_cache(_memory(context)) or "0 ", in_words(differences)
    since_ms, _, seen = known.partition(" ")
    return int(since_ms) if seen == words else _remember(context, words)


def _remember(context: AccountContext, words: str) -> int:
    now_ms = context.clock.now_ms()
    context.shared.put_cache(_memory(context), f"{now_ms} {words}", REMEMBER_MS)
    return now_ms


def _memory(context: AccountContext) -> str:
    return f"difference:{context.identity.slug}"


def _book_unexplained(
    context: AccountContext, differences: dict[str, Decimal], since_ms: int, life: Life
) -> None:
    """Name what lasts: a row for each asset, and an alarm. Two runs at once book it once.

    Balances are equal from the booking on: whoever dies after it has told already.
    """
    name, now_ms, words = f"unexplained:{since_ms}", context.clock.now_ms(), in_words(differences)
    alarm = f"balances changed and nothing explains it: {words}"
    context.shared.put_cache(_unexplained(context), words, UNEXPLAINED_MS)
    book_differences(
        context,
        differences,
        RowKind.UNEXPLAINED,
        name,
        now_ms,
        life,
        events=[context.tell(EventKind.ALARM, alarm)],
    )
    _remember(context, "")  # The same again would be another one


def unexplained_words(context: AccountContext) -> str:
    """Return what was booked as unexplained lately, until balances were seen equal since."""
    return context.shared.find_cache(_unexplained(context)) or ""


def _unexplained(context: AccountContext) -> str:
    return f"unexplained:{context.identity.slug}"


def in_words(differences: dict[str, Decimal]) -> str:
    return ", ".join(f"{asset} {plain(amount)}" for asset, amount in sorted(differences.items()))
