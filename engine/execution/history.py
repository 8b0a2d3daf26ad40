"""Find orders wherever they are: in the store, or in the archive when they left.

For answers to people and to repeated keys; nothing that decides about an open order asks here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.domain.changing import ReplacementStep
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.order import Order
from engine.domain.signal import SignalRecord
from engine.errors import UnknownOrder
from engine.execution.context import AccountContext
from engine.ports import ArchivedRow, OrderFilter

#: Signals that are over and not archived yet: more would have expired before.
MOST_SIGNALS = 1_000_000


def find_order(context: AccountContext, client_order_id: str) -> Order | None:
    """Return the order; None when neither side has it.

    Raises ArchiveUnreadable when it may be in an archive that cannot be read on this machine.
    """
    stored = context.store.find_order(client_order_id)
    if stored is not None:
        return stored.value
    archived = context.history.find_order(client_order_id)
    return None if archived is None else archived.order


def load_orders(context: AccountContext, client_order_ids: Sequence[str]) -> tuple[Order, ...]:
    """Return several orders; UnknownOrder when neither side has one of them."""
    try:
        return context.store.load_orders(client_order_ids)
    except UnknownOrder:
        found = {name: find_order(context, name) for name in client_order_ids}
    for name, order in found.items():
        if order is None:
            raise UnknownOrder(f"No order with the id {name} is known.")
    return tuple(order for order in found.values() if order is not None)


def load_chain(context: AccountContext, order: Order) -> tuple[Order, ...]:
    """Return the order and those that took its place, one after the other."""
    chain, following = [order], _find_successor(context, order)
    while following is not None:
        chain.append(following)
        following = _find_successor(context, following)
    return tuple(chain)


def _find_successor(context: AccountContext, order: Order) -> Order | None:
    """Return the order that took this one's place; None without one that is recorded.

    Of one that may not be recorded yet no archive is asked: it cannot have left.
    """
    wish = order.replacement
    if wish is not None and wish.step is ReplacementStep.RECORDED:
        return find_order(context, wish.client_order_id)
    stored = context.store.find_order(order.replaced_by) if order.replaced_by else None
    return stored.value if stored else None


def load_timeline(context: AccountContext, client_order_id: str) -> tuple[Event, ...]:
    """Return what happened to an order, oldest first."""
    told = context.store.load_timeline(client_order_id)
    if told or context.store.find_order(client_order_id) is not None:
        return told
    archived = context.history.find_order(client_order_id)
    return () if archived is None else archived.timeline


def list_orders(
    context: AccountContext, which: OrderFilter, limit: int, *, everything: bool = False
) -> tuple[Order, ...]:
    """Return orders of the store; with `everything` those that left, too, the newest first."""
    here = context.store.list_orders(which, limit)
    if not everything or len(here) >= limit:
        return here  # Older ones left
    found = {order.client_order_id: order for order in context.history.list_orders()}
    found |= {order.client_order_id: order for order in here}
    newest = sorted(found.values(), key=lambda order: order.created_at_ms, reverse=True)
    return tuple(newest[:limit])


def list_fills(context: AccountContext, symbol: str | None, limit: int) -> tuple[Fill, ...]:
    """Return the newest fills of one symbol or of all, newest last, those that left included.

    Of the exchange's present ledger alone, as its own list: `list_rows` has those of before a
    reset, too.
    """
    here = context.store.list_fills(symbol, limit)
    if len(here) >= limit:
        return here  # Older ones left
    epoch = context.store.load_state().ledger_epoch
    left = (entry.row for entry in context.history.list_rows() if entry.ledger_epoch == epoch)
    fills = {(fill.symbol, fill.row_id, fill.executed_at_ms): fill for fill in _fills(left, symbol)}
    fills |= {(fill.symbol, fill.row_id, fill.executed_at_ms): fill for fill in here}
    return tuple(sorted(fills.values(), key=lambda fill: fill.sort_key)[-limit:])


def _fills(rows: Iterable[object], symbol: str | None) -> Iterable[Fill]:
    return (row for row in rows if isinstance(row, Fill) and symbol in {None, row.symbol})


def list_rows(context: AccountContext) -> tuple[ArchivedRow, ...]:
    """Return every row of every ledger with its number, those that left included.

    Also of ledgers that the exchange has reset since: `ledger_epoch` tells them apart.
    """
    here: list[ArchivedRow] = []
    for epoch in range(context.store.load_state().ledger_epoch):
        for symbol, booked in sorted(context.store.load_former_cursors(epoch).items()):
            rows = context.store.load_former_rows(epoch, symbol)
            here += _number(rows, booked - len(rows))
    for symbol in sorted(context.store.load_cursors()):
        view = context.store.load_ledger(symbol)
        here += _number(view.rows, view.first)
    found = {_row_name(entry): entry for entry in (*context.history.list_rows(), *here)}
    return tuple(sorted(found.values(), key=lambda entry: entry.row.sort_key))


def _number(rows: Iterable[LedgerRow], first: int) -> list[ArchivedRow]:
    return [
        ArchivedRow(row=row, number=number, ledger_epoch=row.ledger_epoch)
        for number, row in enumerate(rows, start=first + 1)
    ]


def _row_name(entry: ArchivedRow) -> tuple[int, str, str, int]:
    row = entry.row
    return (entry.ledger_epoch, row.symbol, row.row_id, row.executed_at_ms)


def list_signals(context: AccountContext) -> tuple[SignalRecord, ...]:
    """Return the account's signals that are over, oldest first."""
    here = {
        signal_id: context.shared.find_signal(signal_id)
        for signal_id in context.shared.list_closed_signals(context.name, MOST_SIGNALS)
    }
    found = {entry.signal_id: entry.record for entry in context.history.list_signals()}
    found |= {signal_id: record for signal_id, record in here.items() if record is not None}
    return tuple(sorted(found.values(), key=lambda record: record.signal.created_at_ms))
