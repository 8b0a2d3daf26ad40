"""The state of one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.domain.emergency import EmergencyRun
from engine.domain.equity import EquityPoint
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.risk import RiskBook
from engine.domain.trading_state import AccountState, Life, TradingState
from engine.domain.unknown import Rebuilt
from engine.ports.archive_records import ArchiveRecords
from engine.ports.protection_records import ProtectionRecords
from engine.ports.records import (
    ClaimOutcome,
    NewGroup,
    OrderFilter,
    OutboxEntry,
    Recorded,
    Versioned,
)
from engine.ports.stream_records import StreamRecords
from engine.ports.watch_records import WatchRecords


class AccountStore(StreamRecords, WatchRecords, ArchiveRecords, ProtectionRecords, Protocol):
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

    # ledger, positions, portfolio
    def append_rows(
        self, rows: Sequence[LedgerRow], *, events: Sequence[Event] = (), life: Life | None = None
    ) -> int:
        """Book rows that belong to no order of ours; return how many were new.

        Rows that were reckoned from others name the life of the data that those were read in:
        AccountHeld when it is over, and nothing is booked.
        """
        ...

    def load_rows(self, symbol: str, after: int = 0) -> tuple[LedgerRow, ...]:
        """Return the rows beyond the first `after`, without those that left for the archive."""
        ...

    def load_cursors(self) -> Mapping[str, int]:
        """Return the number of rows that every symbol's ledger ever had."""
        ...

    def find_first_fill(self, symbol: str) -> Fill | None:
        """Return the newest trade that left, else the oldest among the ledger's first rows."""
        ...

    def is_booked(self, row: LedgerRow) -> bool:
        """Tell whether the row is in the ledger; one that left is not known here any more."""
        ...

    def begin_ledger(
        self,
        ledger_epoch: int,
        positions: Mapping[str, Position | None],
        portfolio: Versioned[Portfolio] | None,
        *,
        began_at_ms: int,
        events: Sequence[Event],
    ) -> bool:
        """Put the ledger aside, because the exchange reset its own, and begin one after it.

        `positions` has every symbol with rows: a flat position, None where there is no market.
        `portfolio` is the stored one, without cursors. Claims are held and the account is not
        opened until a reconcile has rebuilt it. False when another ledger began, or rows or a
        portfolio were written, meanwhile.
        """
        ...

    def load_former_rows(self, ledger_epoch: int, symbol: str) -> tuple[LedgerRow, ...]:
        """Return the rows of a ledger that the exchange has reset since."""
        ...

    def load_former_cursors(self, ledger_epoch: int) -> Mapping[str, int]:
        """Return the number of rows of every symbol of a ledger that was reset since."""
        ...

    def find_position(self, symbol: str) -> Versioned[Position] | None: ...

    def list_positions(self) -> tuple[Position, ...]: ...

    def save_position(
        self, version: int, position: Position, *, life: Life, events: Sequence[Event] = ()
    ) -> bool:
        """Write it over `version`; False when another stands, or `life` is over.

        `life` was read before the rows: what was folded before a loss is worth nothing after.
        """
        ...

    def find_portfolio(self) -> Versioned[Portfolio] | None: ...

    def save_portfolio(
        self,
        version: int,
        portfolio: Portfolio,
        *,
        life: Life,
        point: EquityPoint | None = None,
        events: Sequence[Event] = (),
    ) -> bool:
        """Write it and its point over `version`; False when another stands, or `life` is over."""
        ...

    def load_equity(self, resolution: str, since_ms: int = 0) -> tuple[EquityPoint, ...]:
        """Return a part of the equity series ("minute", "hour", "day"), oldest first."""
        ...

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

    # account
    def load_state(self) -> AccountState: ...

    def set_trading_state(
        self,
        state: TradingState,
        reason: str,
        *,
        events: Sequence[Event] = (),
        emergency_run: str = "",
        is_first: bool = False,
        instead_of: AccountState | None = None,
    ) -> bool:
        """Write the state; returns when the write is as durable as the store can make it.

        `emergency_run` names the run whose own orders a halted account still claims. False: the
        trading state is not the one of `instead_of` any more, and stays.
        """
        ...

    def find_emergency(self) -> Versioned[EmergencyRun] | None:
        """Return the newest emergency run, over or not."""
        ...

    def save_emergency(self, version: int, run: EmergencyRun) -> bool:
        """Write the run; False when `version` is not the stored one (0: none is)."""
        ...

    def hold_claims(self) -> None:
        """Let nothing be claimed until a reconcile is finished."""
        ...

    def begin_reconcile(self) -> AccountState:
        """Return the state, its data marked: `finish_reconcile` knows by it whether it was lost."""
        ...

    def finish_reconcile(self, began_in: Life, *, now_ms: int, lost: Rebuilt | None = None) -> bool:
        """Store the epoch that a reconcile began in, if server and data are still the same.

        `rebuilt` is given after a rebuild only: the account counts as opened from then on.
        """
        ...

    def find_trade_cursor(self, symbol: str) -> str | None:
        """Return the last trade id that REST showed us; the stream never moves it."""
        ...

    def save_trade_cursor(self, symbol: str, mark: str, *, read_from: str | None) -> bool:
        """Move it on from the one that was read; False when it is another one by now."""
        ...

    def reset_trade_cursor(self, symbol: str, mark: str) -> None:
        """Set it whatever it is, to read again from there."""
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
