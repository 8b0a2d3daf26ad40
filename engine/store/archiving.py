"""What leaves the state of one account for the archive."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.checkpoint import Checkpoint
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.order import Order
from engine.domain.position import split_symbol
from engine.domain.trading_state import Life
from engine.errors import AccountHeld
from engine.ports import ClosedPage, LeavingGroup, LedgerView, Versioned
from engine.store.archived_keys import bits_of
from engine.store.codec import CHECKPOINT, ORDER, ROW
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import Plan, plan_events, plan_group, plan_life, plan_rows

#: So many ids are noted in one command.
_MOST_NOTED = 1_000


class Archiving(AccountPart):
    """The archive's side of an account's store."""

    def bind_archive(self, archive_id: str) -> str:
        """Make this the account's archive, unless it has one; return the one that it has."""
        self._client.write("HSETNX", self._keys.account(), "archive_id", archive_id)
        return self.find_archive() or archive_id

    def find_archive(self) -> str | None:
        """Return the archive that older orders are in; None: nothing has left."""
        found: str | None = self._client.read("HGET", self._keys.account(), "archive_id")
        return found

    def load_ledger(self, symbol: str, after: int = 0) -> LedgerView:
        """Return the rows beyond the first `after` that are still here, and what left."""
        keys = (self._keys.ledger(symbol), self._keys.cursors(), self._keys.checkpoint(symbol))
        checkpoint, first, rows = self._read("load_ledger", keys, symbol, after)
        return LedgerView(
            checkpoint=CHECKPOINT.decode(checkpoint) if checkpoint else None,
            first=first,
            rows=tuple(ROW.decode(body) for body in rows),
        )

    def list_closed(self, before_ms: int, offset: int, limit: int) -> ClosedPage:
        """Return orders that were created before then; `offset` of the index are passed over."""
        keys = (self._keys.recent(), self._keys.active())
        args = (self._keys.order(""), before_ms, offset, limit)
        looked_at, found = self._read("list_closed", keys, *args)
        orders = zip(found[::2], found[1::2], strict=True)
        return ClosedPage(
            looked_at=looked_at,
            orders=tuple(
                Versioned(value=ORDER.decode(body), version=int(version))
                for version, body in orders
            ),
        )

    def may_leave(self, group: LeavingGroup, archive_id: str) -> bool:
        """Tell whether a group is whole and at rest, and its key's horizon over."""
        return self._leave(group, archive_id, is_look=True)

    def remove_group(self, group: LeavingGroup, archive_id: str) -> bool:
        """Forget a group that the archive holds; False while anything of it is unfinished.

        Raises StoreUnclear when the reply was lost: the same call again tells.
        """
        return self._leave(group, archive_id, is_look=False)

    def _leave(self, group: LeavingGroup, archive_id: str, *, is_look: bool) -> bool:
        key = group.orders[0].value.request_key
        plan = {
            "is_look": is_look,
            "archive_id": archive_id,
            "group": plan_group(self._keys, group.group_id),
            "request": self._keys.request(key) if key else "",
            "orders": [self._plan_leaving(order) for order in group.orders],
        }
        keys = (*self._keys.order_books(), self._keys.archived_keys())
        return bool(self._write("remove_group", keys, pack(plan)))

    def _plan_leaving(self, stored: Versioned[Order]) -> Plan:
        order = stored.value
        name, symbol = order.client_order_id, order.terms.symbol
        return {
            "id": name,
            "key": self._keys.order(name),
            "version": str(stored.version),
            "timeline": self._keys.timeline(name),
            "exchange_ids": [f"{symbol} {shown}" for shown in sorted(order.exchange_ids.all)],
            "bits": bits_of(order),
            "rows": [
                {
                    "key": self._keys.ledger_rows(fill.ledger),
                    "field": f"{fill.ledger_epoch}/{fill.row_id}",
                }
                for fill in order.fills
            ],
        }

    def remove_rows(
        self, before: int, checkpoint: Checkpoint, rows: Sequence[LedgerRow], *, life: Life
    ) -> bool:
        """Forget the ledger's next rows after `before`, which `checkpoint` includes.

        False when the ledger does not begin there, is another one since the exchange's reset, the
        position has not folded them, or `life`, in which they were read, is over. Raises
        StoreUnclear when the reply was lost: whoever looks at the ledger again sees it.
        """
        symbol = checkpoint.symbol
        plan = {
            "life": plan_life(life),
            "symbol": symbol,
            "before": before,
            "ledger_epoch": str(rows[0].ledger_epoch),
            "body": CHECKPOINT.encode(checkpoint),
            "until_ms": checkpoint.until_ms,
            "until_number": checkpoint.until_number,
            "is_folded": bool(split_symbol(symbol)[1]),
            "gone": [{"id": row.row_id, "order": _order_field(row)} for row in rows],
        }
        keys = (
            self._keys.account(),
            self._keys.cursors(),
            self._keys.ledger(symbol),
            self._keys.ledger_rows(symbol),
            self._keys.checkpoint(symbol),
            self._keys.position(symbol),
            self._keys.exchange_ids(),
        )
        return bool(self._write("remove_rows", keys, fresh_write_id(), pack(plan)))

    def list_doubted(self, limit: int) -> tuple[LedgerRow, ...]:
        """Return rows that came after their like had left: booked before, or lost till now."""
        bodies = self._client.read("HVALS", self._keys.doubted())
        return tuple(ROW.decode(body) for body in bodies[:limit])

    def drop_doubted(self, rows: Sequence[LedgerRow]) -> None:
        """Forget doubts that the archive has decided."""
        if rows:
            fields = [f"{row.ledger} {row.ledger_epoch}/{row.row_id}" for row in rows]
            self._client.write("HDEL", self._keys.doubted(), *fields)

    def append_proven(
        self, rows: Sequence[LedgerRow], *, life: Life, events: Sequence[Event] = ()
    ) -> int:
        """Book rows that the archive does not have, whatever their age; return how many.

        AccountHeld when `life` is over: a rebuilt ledger has them in another form.
        Raises StoreUnclear when the reply was lost: the same call again books nothing twice.
        """
        plan = {
            "rows": [{**row, "is_proven": True} for row in plan_rows(self._keys, rows)],
            "events": plan_events(self._keys, events),
            "life": plan_life(life),
        }
        keys = (self._keys.account(), self._keys.cursors(), self._keys.events())
        booked = int(self._write("append_rows", keys, fresh_write_id(), pack(plan)))
        if booked < 0:
            raise AccountHeld
        return booked

    # ---- ids of archived orders --------------------------------------------------------------

    def note_archived(self, orders: Sequence[Order]) -> None:
        """Note ids again that a lost store has forgotten."""
        bits = sorted({bit for order in orders for bit in bits_of(order)})
        for start in range(0, len(bits), _MOST_NOTED):
            words = [
                word for bit in bits[start : start + _MOST_NOTED] for word in ("SET", "u1", bit, 1)
            ]
            self._client.write("BITFIELD", self._keys.archived_keys(), *words)


def _order_field(row: LedgerRow) -> str:
    return f"{row.symbol} {row.exchange_order_id}" if isinstance(row, Fill) else ""
