"""The state of one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.domain.events import Event
from engine.domain.fill import Fill
from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.domain.risk import RiskBook
from engine.domain.trading_state import Life
from engine.ports.archive_records import ArchiveRecords
from engine.ports.ledger_records import LedgerRecords
from engine.ports.protection_records import ProtectionRecords
from engine.ports.records import (
    ClaimOutcome,
    NewGroup,
    OrderFilter,
    OutboxEntry,
    Recorded,
    Versioned,
)
from engine.ports.state_records import StateRecords
from engine.ports.stream_records import StreamRecords
from engine.ports.watch_records import WatchRecords


class AccountStore(
    LedgerRecords,
    StateRecords,
    StreamRecords,
    WatchRecords,
    ArchiveRecords,
    ProtectionRecords,
    Protocol,
):
    """The state of one account.

    Writes go out once: a lost reply raises StoreUnclear, and reading again tells. A script that
    runs twice changes nothing the second time and answers the same.
    """

    @property
    def identity(self) -> AccountIdentity: ...

    # orders
    # Events of a record and of a claim are derived by the store; commits bring their own.
    def record(self, group: NewGroup, *, risk_version: int) -> Recorded: ...

    def load_order(self, client_order_id: str) -> Versioned[Order]:
        """Return the order; UnknownOrder when there is none."""
        ...

    def load_orders(self, client_order_ids: Sequence[str]) -> tuple[Order, ...]:
        """Return several orders, all of one moment; UnknownOrder when one is missing."""
        ...

    def find_order(self, client_order_id: str) -> Versioned[Order] | None: ...

    def find_by_exchange_id(self, symbol: str, exchange_order_id: str) -> str | None:
        """Return the client order id of an order of ours.

        Binance spot counts orders per symbol: the same number stands for one in each.
        """
        ...

    def find_request(self, request_key: str, digest: str) -> Recorded | None:
        """Return EXISTS with its orders, or KEY_CONFLICT; None for a key never seen."""
        ...

    def list_orders(self, which: OrderFilter, limit: int = 1_000_000) -> tuple[Order, ...]: ...

    def claim(
        self,
        version: int,
        claimed: Order,
        *,
        reducing: RiskBook | None = None,
        emergency_run: str = "",
    ) -> ClaimOutcome:
        """Move INITIALIZED (or a passing refusal's SUBMITTED) to `claimed`, if all allows it.

        `reducing` is the book by which the order can do nothing but shrink its position.
        """
        ...

    def bar_claims(self, symbol: str, owner: str, duration_ms: int) -> bool:
        """Let no order be claimed that would rest on the symbol; False when somebody else does.

        Orders that are INITIALIZED wait; the bar ends by itself.
        """
        ...

    def lift_bar(self, symbol: str, owner: str) -> None: ...

    def commit(
        self,
        version: int,
        order: Order,
        *,
        events: Sequence[Event] = (),
        check_in_ms: int | None = None,
        is_held_back: bool = False,
    ) -> Versioned[Order]:
        """Write a changed order, its new fills, reservation, due time, events, group and outbox.

        ConcurrentChange when `version` is not the stored one. `check_in_ms`: how long until the due
        set looks at it again, by the store's own clock; None: never.
        `is_held_back`: AccountHeld while the account is, for what a lost claim would make wrong.
        """
        ...

    def adopt(self, order: Order, *, events: Sequence[Event], check_in_ms: int | None) -> bool:
        """Record an order of ours that only the exchange knew; False when it is known by now."""
        ...

    # risk
    def load_risk_book(self) -> RiskBook: ...

    # outbox
    def claim_outbox(self, lease_ms: int, limit: int) -> tuple[OutboxEntry, ...]:
        """Return entries due for publishing; each comes back after `lease_ms` until finished."""
        ...

    def list_outbox(self) -> tuple[OutboxEntry, ...]: ...

    def finish_outbox(self, entry_id: str, life: Life) -> bool:
        """Drop an entry; False when `life`, read before the entry was looked at, is over."""
        ...

    def open_outbox(self, entry_id: str, cursors: Mapping[str, int]) -> None:
        """Ask for an update outside any group, e.g. after a reconcile; once per id."""
        ...

    # telling
    def emit(self, events: Sequence[Event]) -> None: ...

    def read_events(
        self, after_id: str, *, limit: int = 1000, wait_ms: int = 0
    ) -> tuple[Event, ...]:
        """Return events newer than `after_id` ("0": all kept, "$": from now on)."""
        ...

    def last_event_id(self) -> str:
        """Return the id of the newest event; "0" when there is none."""
        ...

    def load_timeline(self, client_order_id: str) -> tuple[Event, ...]: ...

    def list_fills(self, symbol: str | None = None, limit: int = 1000) -> tuple[Fill, ...]:
        """Return the newest fills of the ledger, newest last."""
        ...
