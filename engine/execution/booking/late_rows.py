"""Book what came to light after its like had left for the archive, which does not have it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import EventKind
from engine.domain.fill import LedgerRow
from engine.execution.booking.balance_rows import list_instruments, offset_rows
from engine.execution.context import AccountContext


def book_lost_rows(context: AccountContext, rows: Sequence[LedgerRow]) -> int:
    """Book rows that the archive never had, tell a person, and have their positions updated.

    The store kept them aside since it could not tell them from rows that were booked long ago.
    Repeating books nothing twice. Returns how many rows were new. AccountHeld when the store is
    lost meanwhile; a store that is not rebuilt yet has no doubts, its rebuild reads all anew.
    """
    state, booked = context.store.load_state(), 0
    if not state.is_opened:
        return 0
    for row in rows:
        event = context.tell(
            EventKind.ALARM,
            f"row {row.row_id} of {row.symbol} is older than what left for the archive and had"
            " never been booked; it is booked now",
            symbol=row.symbol,
        )
        new = context.store.append_proven(
            [row, *_taken_off(context, row, state.opened_at_ms)], life=state.life, events=[event]
        )
        context.store.drop_doubted([row])
        if new:
            context.dispatcher.update_position(context.name, row.ledger)
        booked += new
    return booked


def _taken_off(context: AccountContext, row: LedgerRow, opened_at_ms: int) -> list[LedgerRow]:
    """Return what takes a row of before the opening off the opening again."""
    if row.executed_at_ms >= opened_at_ms:
        return []
    quotes = context.gateway.abilities.quote_assets
    return [*offset_rows(row, opened_at_ms, quotes, list_instruments(context))]
