"""Bring funding, transfers and the like into the ledger, where the exchange lists them."""

from __future__ import annotations

from engine.domain.income import income_row
from engine.domain.lanes import Lane
from engine.domain.position import split_symbol
from engine.execution.booking.balance_rows import offset_earlier
from engine.execution.booking.fills import LATE_TRADES_MS, TIME_MARK
from engine.execution.booking.funding import find_home
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time

#: Stands among the trade cursors of the symbols; no symbol is called so.
CURSOR = "income"


def book_income(context: AccountContext, lane: Lane) -> int:
    """Book what the exchange listed since the cursor; return how many rows were new.

    The cursor stays behind the present by so much that a late line is not missed; a line that is
    read twice is booked once. AccountHeld when the store is lost meanwhile.
    """
    if not context.gateway.abilities.lists_income:
        return 0
    state, cursor = context.store.load_state(), context.store.find_trade_cursor(CURSOR)
    since_ms = int(cursor.removeprefix(TIME_MARK)) if cursor else state.opened_at_ms
    asked_at_ms = ask_exchange_time(context, lane)
    listed, epoch = context.gateway.load_income(since_ms, lane), state.ledger_epoch
    rows = [
        income_row(line, line.kind, epoch, find_home(context, line, epoch, lane))
        for line in listed
        if line.kind is not None
    ]
    offset_earlier(context, rows, state=state)
    new = context.store.append_rows(rows, life=state.life)
    mark_ms = max(asked_at_ms - LATE_TRADES_MS, since_ms)  # It never goes back
    mark = f"{TIME_MARK}{mark_ms}"
    context.store.save_trade_cursor(CURSOR, mark, read_from=cursor, life=state.life)
    if new:
        for symbol in sorted({row.symbol for row in rows if split_symbol(row.symbol)[1]}):
            context.dispatcher.update_position(context.name, symbol)
    return new
