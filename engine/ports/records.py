"""What the store's calls take and return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from engine.domain.order import Order
from engine.domain.protection import Protection
from engine.domain.risk import Reservation

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Versioned(Generic[T]):
    """A record and the version that a change of it must name. 0 = not stored yet."""

    value: T
    version: int


class RecordOutcome(StrEnum):
    RECORDED = "recorded"
    EXISTS = "exists"  #: The key was used for the same request: here are its orders
    KEY_CONFLICT = "key_conflict"  #: The key was used for another request
    RISK_CHANGED = "risk_changed"  #: Exposure rose meanwhile: check again
    ID_TAKEN = "id_taken"  #: The client order id stands already, and its key has expired
    MAY_BE_ARCHIVED = "may_be_archived"  #: Look for the ids in the archive first


@dataclass(frozen=True, kw_only=True)
class NewGroup:
    """Orders that are recorded together and complete together; a group of one is common."""

    group_id: str
    request_key: str
    digest: str
    orders: tuple[Order, ...]  # INITIALIZED or DENIED
    reservations: tuple[Reservation, ...]
    check_in_ms: int  # How long until the due set first looks at them
    key_horizon_ms: int
    #: Looked for in the archive: no order of the key's ids is there.
    is_new: bool = True
    #: What stands guard over what the orders fill: nothing can be lost between the two.
    protections: tuple[Protection, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recorded:
    outcome: RecordOutcome
    client_order_ids: tuple[str, ...] = ()


class ClaimOutcome(StrEnum):
    CLAIMED = "claimed"
    LOST = "lost"  #: Somebody else changed the order: load it again
    EPOCH_HOLD = "epoch_hold"
    HALTED = "halted"
    REDUCING = "reducing"  #: Only reducing orders now, and this is none
    RISK_CHANGED = "risk_changed"  #: Only reducing ones, and the book is another by now: look again
    STALE = "stale"
    BARRED = "barred"  #: A cancel of everything on the symbol may still be on its way


@dataclass(frozen=True, kw_only=True)
class Due:
    client_order_id: str
    sequence: int  # A stale number: somebody else took the work over


@dataclass(frozen=True, kw_only=True)
class OutboxEntry:
    """A settled group (or a late trade): positions and portfolio must be brought up to date."""

    entry_id: str
    group_id: str
    #: Rows of each touched symbol that the portfolio must cover before the entry is done.
    cursors: Mapping[str, int] = field(default_factory=dict)
    created_at_ms: int
    published: int = 0  # How often


class OrderFilter(StrEnum):
    ACTIVE = "active"  #: Not settled
    OPEN = "open"
    IN_DOUBT = "in_doubt"
    RECENT = "recent"  #: Newest first, closed ones included
