"""Move what is over from the store into the files: written and on the disk first, then removed.

A crash in between leaves it in both; the next run writes it again, and readers take it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.archive.lines import encode_order, encode_row, encode_signal
from engine.archive.reader import ORDERS, ROWS, SIGNALS, ArchiveReader
from engine.archive.segments import append
from engine.domain.checkpoint import advance, count_leaving, empty_checkpoint
from engine.domain.fill import BalanceRow, LedgerRow, RowKind
from engine.domain.order import Order
from engine.domain.position import split_symbol
from engine.domain.trading_state import Life
from engine.ports import AccountStore, LeavingGroup, LedgerView, Store, Versioned

#: Orders that are looked at together; a group is a fifth of it at most, so each fits.
PAGE = 1_000
#: A group that the end of a page cut is whole on the next one.
OVERLAP = 200


@dataclass(frozen=True, kw_only=True)
class Move:
    """One run for one account."""

    account: str
    shared: Store
    store: AccountStore
    folder: Path
    archive_id: str
    now_ms: int
    before_ms: int  # What is younger stays
    most: int
    life: Life  # Of the data, as the run began

    @property
    def month(self) -> str:
        return datetime.fromtimestamp(self.now_ms / 1000, UTC).strftime("%Y-%m")

    def keep(self, kind: str, lines: Iterable[bytes]) -> None:
        append(self.folder, kind, self.month, lines)


# ---- orders ----------------------------------------------------------------------------------


def move_orders(move: Move) -> int:
    """Move groups that are whole, settled and old; return how many orders left.

    What a plan that is not over guards follows from its orders, on machines without the files,
    too: they stay as long as it does.
    """
    guarding = {stored.value.plan_id for stored in move.store.list_protections()}
    moved = offset = 0
    while moved < move.most:
        page = move.store.list_closed(move.before_ms, offset, PAGE)
        groups = ripe_groups(page.orders, move.before_ms)
        over = (one for one in groups if not _is_of_plan(one, guarding))
        ripe = _choose(move, over, move.most - moved)
        left = _move_groups(move, ripe)
        moved += left
        if page.looked_at < PAGE:
            break
        offset += page.looked_at - left - OVERLAP
    return moved


def ripe_groups(orders: Sequence[Versioned[Order]], before_ms: int) -> list[LeavingGroup]:
    """Return the groups of these orders in which nothing happened since then. Pure."""
    groups: dict[str, list[Versioned[Order]]] = {}
    for stored in orders:
        groups.setdefault(stored.value.group_id, []).append(stored)
    return [
        LeavingGroup(group_id=group_id, orders=tuple(members))
        for group_id, members in groups.items()
        if all(_ended_ms(member.value) < before_ms for member in members)
    ]


def _is_of_plan(group: LeavingGroup, plans: Collection[str]) -> bool:
    return any(stored.value.protection in plans for stored in group.orders)


def _ended_ms(order: Order) -> int:
    return max(order.created_at_ms, order.last_event_at_ms, order.valid_until_ms or 0)


def _choose(move: Move, groups: Iterable[LeavingGroup], most: int) -> Iterator[LeavingGroup]:
    """Pass on what the store lets go, whole groups until there are `most` orders."""
    chosen = 0
    for group in groups:
        if chosen < most and move.store.may_leave(group, move.archive_id):
            chosen += len(group.orders)
            yield group


def _move_groups(move: Move, groups: Iterator[LeavingGroup]) -> int:
    leaving = list(groups)
    if not leaving:
        return 0
    orders = [stored.value for group in leaving for stored in group.orders]
    move.keep(ORDERS, (_order_line(move, order) for order in orders))
    return sum(
        len(group.orders) for group in leaving if move.store.remove_group(group, move.archive_id)
    )


def _order_line(move: Move, order: Order) -> bytes:
    timeline = move.store.load_timeline(order.client_order_id)
    return encode_order(order, timeline, move.now_ms)


# ---- ledger rows -----------------------------------------------------------------------------


def move_rows(move: Move, symbol: str) -> int:
    """Move a ledger's oldest rows that its position has folded; return how many left."""
    view = move.store.load_ledger(symbol)
    most = min(_folded(move.store, symbol, view) - view.first, move.most)
    rows = view.rows[: count_leaving(view.rows, move.before_ms, max(most, 0))]
    if not rows:
        return 0
    numbered = enumerate(rows, start=view.first + 1)
    move.keep(ROWS, (encode_row(row, number, move.now_ms) for number, row in numbered))
    before = view.checkpoint or empty_checkpoint(move.account, symbol)
    left = move.store.remove_rows(view.first, advance(before, rows), rows, life=move.life)
    return len(rows) if left else 0


def _folded(store: AccountStore, symbol: str, view: LedgerView) -> int:
    """Return how many rows the position includes; all where no market has one."""
    if not split_symbol(symbol)[1]:
        return view.first + len(view.rows)
    position = store.find_position(symbol)
    return position.value.cursor if position else 0


# ---- signals ---------------------------------------------------------------------------------


def move_signals(move: Move) -> int:
    """Copy signals that are over; their records expire by themselves. Return how many."""
    ids = move.shared.list_closed_signals(move.account, move.most)
    found = {signal_id: move.shared.find_signal(signal_id) for signal_id in ids}
    lines = [
        encode_signal(signal_id, record, move.now_ms)
        for signal_id, record in found.items()
        if record is not None
    ]
    if lines:
        move.keep(SIGNALS, lines)
    move.shared.drop_closed_signals(move.account, ids)
    return len(lines)


# ---- doubts ----------------------------------------------------------------------------------


def decide_doubts(move: Move, reader: ArchiveReader) -> tuple[int, tuple[LedgerRow, ...]]:
    """Return how many doubted rows were booked before, and those that never were.

    The former are forgotten. The latter stay until somebody has booked them.
    """
    doubted = move.store.list_doubted(move.most)
    known = [row for row in doubted if _is_opening(row) or reader.has_row(row)]
    move.store.drop_doubted(known)
    return len(known), tuple(row for row in doubted if row not in known)


def _is_opening(row: LedgerRow) -> bool:
    """Tell a row that takes a doubted trade off an opening: it is made again with its trade."""
    return isinstance(row, BalanceRow) and row.kind is RowKind.OPENING
