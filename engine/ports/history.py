"""What has left the store, as the archive remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.domain.events import Event
from engine.domain.fill import LedgerRow
from engine.domain.order import Order
from engine.domain.signal import SignalRecord


@dataclass(frozen=True, kw_only=True)
class ArchivedOrder:
    order: Order
    timeline: tuple[Event, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ArchivedRow:
    row: LedgerRow
    number: int  # In the order of booking, from 1
    ledger_epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class ArchivedSignal:
    signal_id: str
    record: SignalRecord


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What one run of the archive did for an account."""

    orders: int = 0
    rows: int = 0
    signals: int = 0
    doubts: int = 0  # Rows of which it told whether they were booked before
    lost: tuple[LedgerRow, ...] = field(default=())  # Those that were not: they are to be booked


class History(Protocol):
    """One account's part of the archive; every method raises ArchiveUnreadable where it is not."""

    def find_order(self, client_order_id: str) -> ArchivedOrder | None: ...

    def search_orders(self, word: str) -> Sequence[Order]:
        """Return orders whose id begins so, or whose exchange order id it is."""
        ...

    def list_orders(self) -> Iterator[Order]:
        """Return every order once, in the order of leaving."""
        ...

    def list_rows(self) -> Iterator[ArchivedRow]:
        """Return every ledger row once, in the order of leaving."""
        ...

    def list_signals(self) -> Iterator[ArchivedSignal]: ...
