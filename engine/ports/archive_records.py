"""What leaves the state of one account for the archive, and what stays in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.domain.checkpoint import Checkpoint
from engine.domain.events import Event
from engine.domain.fill import LedgerRow
from engine.domain.order import Order
from engine.domain.trading_state import Life
from engine.ports.records import Versioned


@dataclass(frozen=True, kw_only=True)
class LedgerView:
    """A symbol's ledger at one moment: what left, folded, and the rows after `first`."""

    checkpoint: Checkpoint | None  # None: no row has left
    first: int  # How many rows of the ledger come before `rows`
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, kw_only=True)
class ClosedPage:
    """Orders that are not unfinished, oldest first."""

    looked_at: int  # Orders of the index, unfinished ones included; 0: there are no more
    orders: tuple[Versioned[Order], ...]


@dataclass(frozen=True, kw_only=True)
class LeavingGroup:
    """A whole group of settled orders that the archive holds by now."""

    group_id: str
    orders: tuple[Versioned[Order], ...]


class ArchiveRecords(Protocol):
    """The archive's side of an account's store."""

    def bind_archive(self, archive_id: str) -> str:
        """Make this the account's archive, unless it has one; return the one that it has."""
        ...

    def find_archive(self) -> str | None:
        """Return the archive that the account's older orders are in; None: nothing has left."""
        ...

    def load_ledger(self, symbol: str, after: int = 0) -> LedgerView:
        """Return the rows beyond the first `after` that are still here, and what left."""
        ...

    def list_closed(self, before_ms: int, offset: int, limit: int) -> ClosedPage:
        """Return orders that were created before then; `offset` of the index are passed over."""
        ...

    def may_leave(self, group: LeavingGroup, archive_id: str) -> bool:
        """Tell whether `remove_group` would remove it."""
        ...

    def remove_group(self, group: LeavingGroup, archive_id: str) -> bool:
        """Forget a group that the archive holds; False while anything of it is unfinished."""
        ...

    def remove_rows(
        self, before: int, checkpoint: Checkpoint, rows: Sequence[LedgerRow], *, life: Life
    ) -> bool:
        """Forget the ledger's next rows after `before`, which `checkpoint` includes.

        False when the ledger does not begin there, the position has not folded them, or `life`,
        in which they were read, is over.
        """
        ...

    def list_doubted(self, limit: int) -> tuple[LedgerRow, ...]:
        """Return rows that came after their like had left: booked before, or lost till now."""
        ...

    def drop_doubted(self, rows: Sequence[LedgerRow]) -> None:
        """Forget doubts that the archive has decided."""
        ...

    def note_archived(self, orders: Sequence[Order]) -> None:
        """Note again whose keys were used, after a store was lost."""
        ...

    def append_proven(
        self, rows: Sequence[LedgerRow], *, life: Life, events: Sequence[Event] = ()
    ) -> int:
        """Book rows that the archive does not have, whatever their age; return how many.

        AccountHeld when `life` is over.
        """
        ...
