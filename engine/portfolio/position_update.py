"""Fold what was booked since the last look into a symbol's position."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from engine.domain.checkpoint import Checkpoint, empty_checkpoint, fold_from
from engine.domain.decimals import plain
from engine.domain.events import Event, EventKind
from engine.domain.fill import LedgerRow
from engine.domain.position import Position, empty_position, fold, split_symbol
from engine.ports import AccountStore

#: Others may fold first so often; each of them made progress.
MOST_TRIES = 20


class PositionUpdate(StrEnum):
    """What an update came to, in a word that a task can return."""

    UPDATED = "updated"
    REFOLDED = "refolded"  #: A row from before the last one arrived late
    UNCHANGED = "unchanged"
    NO_MARKET = "no_market"  #: Rows of an asset that no market holds: a balance, no position
    CONTENDED = "contended"  #: Others were faster every time; the sweep asks again


def update_position(
    store: AccountStore, symbol: str, *, account: str, now_ms: int
) -> PositionUpdate:
    """Bring the position of `symbol` up to the end of its ledger.

    Safe at any time and from several processes: the position remembers how many rows it folded,
    and the write names the version that it read, and the life of the data that it read it in.
    """
    if not split_symbol(symbol)[1]:
        return PositionUpdate.NO_MARKET
    for _ in range(MOST_TRIES):
        life = store.load_state().life  # First: what follows is of this life, or is not written
        stored = store.find_position(symbol)
        view = store.load_ledger(symbol, after=stored.value.cursor if stored else 0)
        position = stored.value if stored else _beginning(account, symbol, view.checkpoint)
        rows = view.rows
        if not rows:
            return PositionUpdate.UNCHANGED
        folded, version = fold_on(store, position, rows), stored.version if stored else 0
        if store.save_position(version, folded, life=life, events=[_event(folded, now_ms)]):
            late = is_late(position, rows)
            return PositionUpdate.REFOLDED if late else PositionUpdate.UPDATED
    return PositionUpdate.CONTENDED


def is_late(position: Position, rows: Sequence[LedgerRow]) -> bool:
    """Tell whether a row belongs before one that is folded already."""
    return min(row.sort_key for row in rows) < position.last_sort_key


def fold_on(store: AccountStore, position: Position, rows: Sequence[LedgerRow]) -> Position:
    """Return the position with `rows`; from the start of the ledger when one came late.

    Profit depends on the order of trades, so a late one cannot simply be added at the end. Rows
    that left for the archive are not read again: their checkpoint stands for them.
    """
    if not is_late(position, rows):
        return fold(position, rows)
    view = store.load_ledger(position.symbol)
    checkpoint = view.checkpoint or empty_checkpoint(position.account, position.symbol)
    return fold_from(checkpoint, view.rows)


def _beginning(account: str, symbol: str, checkpoint: Checkpoint | None) -> Position:
    return checkpoint.position if checkpoint else empty_position(account, symbol)


def _event(position: Position, now_ms: int) -> Event:
    entry = position.entry_price
    return Event(
        kind=EventKind.POSITION_UPDATED,
        at_ms=now_ms,
        symbol=position.symbol,
        message=position.direction,
        details={
            "net_quantity": plain(position.net_quantity),
            "entry_price": plain(entry) if entry is not None else "",
            "realized_pnl": plain(position.realized_pnl),
        },
    )
