"""What the engine needs from the world. Adapters implement it, tests and simulations too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.identity import AccountIdentity
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.report import (
    Balances,
    CancelAnswer,
    Candle,
    KeyPermissions,
    OrderReport,
    SubmitAnswer,
    Ticker,
)
from engine.domain.risk import Reservation, RiskBook
from engine.domain.signal import SignalRecord
from engine.domain.trading_state import AccountState, Epoch, TradingState

T = TypeVar("T")


# ---- time and chance -------------------------------------------------------------------------


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return the wall clock in ms since 1970."""
        ...

    def monotonic_ms(self) -> int:
        """Return a clock that never jumps; for durations only."""
        ...

    def wait(self, duration_ms: int) -> None:
        """Let `duration_ms` pass."""
        ...


class Random(Protocol):
    def nonce(self) -> str:
        """Return a word that nobody has used before; sorts by time (a ULID)."""
        ...

    def jitter(self) -> float:
        """Return a number in [0, 1)."""
        ...


# ---- budget ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one request uses of the exchange's allowances."""

    weight: int = 0  # Per egress address
    orders: int = 0  # Per account


class WindowScope(StrEnum):
    ADDRESS = "address"  #: Shared by all that leaves through one egress address
    ACCOUNT = "account"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A fixed window of the exchange: so much of one thing in each interval."""

    name: str  # "weight_1m", "orders_10s"
    scope: WindowScope
    limit: int
    interval_ms: int


@dataclass(frozen=True, kw_only=True)
class WindowUsage:
    """One line of the meter."""

    window: Window
    used: int
    resets_in_ms: int
    used_by_lane: Mapping[Lane, int] = field(default_factory=dict)


class Budget(Protocol):
    """The request allowance of one account behind one egress address, shared by all workers."""

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        """Take `cost` or raise BudgetExhausted; waits at most `wait_ms` for a window to turn."""
        ...

    def refund(self, nonce: str) -> None:
        """Give back what `nonce` took and did not use. Twice is as good as once."""
        ...

    def observe(self, used: Mapping[str, int]) -> None:
        """Correct the meter by what a response header says, by window name; never downward."""
        ...

    def penalize(self, duration_ms: int) -> None:
        """Stop all of us for so long: the exchange answered 429 or 418."""
        ...

    def meter(self) -> tuple[WindowUsage, ...]: ...

    def penalty_ms(self) -> int:
        """Return how long everybody still has to stay quiet; 0 when free."""
        ...


# ---- exchange --------------------------------------------------------------------------------


class IdScope(StrEnum):
    OPEN = "open"  #: A client id is unique among open orders only
    RECENT = "recent"
    FOREVER = "forever"
    RETURNS_EXISTING = "returns_existing"  #: The same id brings the first order back


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a venue can do. Data, so that a second exchange is a row and a mapping."""

    venue: str
    market_type: str
    id_scope: IdScope
    id_alphabet: str  # A regular expression of one character
    id_length: int
    can_query_by_id: bool
    #: The request parameter by which the exchange itself refuses an old order; None: it has
    #: none, and then time alone never shows that an order did not arrive.
    expiry_parameter: str | None
    batch_max: int
    ack_is_final: bool  # The answer to a placement comes from the matching engine
    dead_man: bool
    replaces_id_on_cancel: bool
    windows: tuple[Window, ...]
    quote_assets: tuple[str, ...] = ("USDT",)


class Gateway(Protocol):
    """One account on one exchange.

    Questions raise BudgetExhausted, ExchangeUnavailable or ExchangeRefused; they may be asked
    again. `submit` and `cancel` never raise for what the exchange did or did not say: their
    answer says it.
    """

    @property
    def account(self) -> str: ...

    @property
    def abilities(self) -> Abilities: ...

    def load_identity(self) -> AccountIdentity: ...

    def measure_clock(self, lane: Lane = Lane.SUBMIT) -> int:
        """Ask the exchange's time; return its offset to our wall clock in ms."""
        ...

    def exchange_now_ms(self) -> int:
        """Return exchange time by the last measurement; ClockUnknown when it is too old."""
        ...

    def load_server_time_ms(self, lane: Lane) -> int:
        """Return the time that the exchange itself states in an answer."""
        ...

    def load_permissions(self) -> KeyPermissions: ...

    def load_instruments(self, lane: Lane = Lane.MARKET_DATA) -> tuple[Instrument, ...]: ...

    def prepare_submit(self, order: Order, *, nonce: str, lane: Lane = Lane.SUBMIT) -> None:
        """Make ready all that `submit` needs: connection, clock, allowance.

        Raises InvalidRequest for what the venue cannot express; then nothing is kept.
        """
        ...

    def refund_submit(self, nonce: str) -> None:
        """Give the allowance back: the claim was lost and nothing is sent."""
        ...

    def submit(self, order: Order) -> SubmitAnswer:
        """Send a claimed order, signed with its `signed_at_ms`. Waits for nothing first."""
        ...

    def cancel(self, order: Order, lane: Lane = Lane.CANCEL) -> CancelAnswer: ...

    def find_order(
        self,
        symbol: str,
        *,
        client_order_id: str | None = None,
        exchange_order_id: str | None = None,
        lane: Lane,
    ) -> OrderReport | None:
        """Return the order by exactly one of its ids; None when the exchange knows none."""
        ...

    def load_open_orders(self, symbol: str | None, lane: Lane) -> tuple[OrderReport, ...]: ...

    def load_orders(self, symbol: str, since_ms: int, lane: Lane) -> tuple[OrderReport, ...]:
        """Return every order of the symbol created since `since_ms` (exchange time)."""
        ...

    def load_fills(
        self,
        symbol: str,
        *,
        lane: Lane,
        since_ms: int | None = None,
        after_trade_id: str | None = None,
        exchange_order_id: str | None = None,
    ) -> tuple[Fill, ...]:
        """Return our trades of the symbol by one of the three, oldest first, all pages.

        `after_trade_id` brings that id's own rows again: a self-trade has two of them.
        """
        ...

    def load_balances(self, lane: Lane) -> Balances: ...

    def load_ticker(self, symbol: str, lane: Lane = Lane.MARKET_DATA) -> Ticker: ...

    def load_candles(
        self, symbol: str, interval: str, limit: int, lane: Lane = Lane.MARKET_DATA
    ) -> tuple[Candle, ...]: ...

    def close(self) -> None: ...


# ---- store -----------------------------------------------------------------------------------


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
    ID_TAKEN = "id_taken"  #: The client order id stands under another key


@dataclass(frozen=True, kw_only=True)
class NewGroup:
    """Orders that are recorded together and complete together; a group of one is common."""

    group_id: str
    request_key: str
    digest: str
    orders: tuple[Order, ...]  # INITIALIZED or DENIED
    reservations: tuple[Reservation, ...]
    next_check_ms: int  # When the due set first looks at them
    key_horizon_ms: int


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
    STALE = "stale"


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


class AccountStore(Protocol):
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
        self, version: int, claimed: Order, *, is_reducing: bool, emergency_run: str = ""
    ) -> ClaimOutcome:
        """Move INITIALIZED (or a passing refusal's SUBMITTED) to `claimed`, if all allows it."""
        ...

    def commit(
        self,
        version: int,
        order: Order,
        *,
        events: Sequence[Event] = (),
        next_check_ms: int | None = None,
    ) -> Versioned[Order]:
        """Write a changed order, its new fills, reservation, due time, events, group and outbox.

        ConcurrentChange when `version` is not the stored one. `next_check_ms` None: never again.
        """
        ...

    def adopt(self, order: Order, *, events: Sequence[Event], next_check_ms: int | None) -> bool:
        """Record an order of ours that only the exchange knew; False when it is known by now."""
        ...

    def claim_due(self, lease_ms: int, limit: int) -> tuple[Due, ...]: ...

    def postpone(self, client_order_id: str, sequence: int, next_check_ms: int) -> bool:
        """Move the next look, if nobody took the work over since `sequence`."""
        ...

    # ledger, positions, portfolio
    def append_rows(self, rows: Sequence[LedgerRow], *, events: Sequence[Event] = ()) -> int:
        """Book rows that belong to no order of ours; return how many were new."""
        ...

    def load_rows(self, symbol: str, after: int = 0) -> tuple[LedgerRow, ...]: ...

    def load_cursors(self) -> Mapping[str, int]:
        """Return the number of ledger rows of every symbol."""
        ...

    def find_position(self, symbol: str) -> Versioned[Position] | None: ...

    def list_positions(self) -> tuple[Position, ...]: ...

    def save_position(
        self, version: int, position: Position, *, events: Sequence[Event] = ()
    ) -> bool: ...

    def find_portfolio(self) -> Versioned[Portfolio] | None: ...

    def save_portfolio(
        self, version: int, portfolio: Portfolio, *, events: Sequence[Event] = ()
    ) -> bool: ...

    def load_risk_book(self) -> RiskBook: ...

    # outbox
    def claim_outbox(self, lease_ms: int, limit: int) -> tuple[OutboxEntry, ...]:
        """Return entries due for publishing; each comes back after `lease_ms` until finished."""
        ...

    def list_outbox(self) -> tuple[OutboxEntry, ...]: ...

    def finish_outbox(self, entry_id: str) -> None: ...

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
    ) -> None:
        """Write the state; returns when the write is as durable as the store can make it.

        `emergency_run` names the run whose own orders a halted account still claims.
        """
        ...

    def finish_reconcile(
        self, began_with: Epoch, *, now_ms: int, opened_at_ms: int | None = None
    ) -> bool:
        """Store the epoch that a reconcile began with, if the server still is in it.

        `opened_at_ms` is given after a rebuild only: the account counts as opened and rebuilt,
        and the ledger as complete from that exchange time on.
        """
        ...

    def find_trade_cursor(self, symbol: str) -> str | None:
        """Return the last trade id that REST showed us; the stream never moves it."""
        ...

    def save_trade_cursor(self, symbol: str, trade_id: str) -> None: ...

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


class Store(Protocol):
    """Everything shared: accounts, leases, caches, signs of life."""

    def ping(self) -> None:
        """Raise StoreUnavailable when the server does not answer."""
        ...

    def account(self, identity: AccountIdentity) -> AccountStore: ...

    def find_identity(self, account: str) -> AccountIdentity | None: ...

    def save_identity(self, account: str, identity: AccountIdentity) -> None:
        """Bind a name to an identity; IdentityConflict when either stands elsewhere."""
        ...

    def acquire_lease(self, name: str, owner: str, ttl_ms: int) -> bool:
        """Take or renew a lease; a tick guard is one that nobody gives back."""
        ...

    def release_lease(self, name: str, owner: str) -> None: ...

    def save_signal(self, signal_id: str, record: SignalRecord, *, only_new: bool) -> bool: ...

    def list_waiting_signals(self, before_ms: int, limit: int) -> tuple[str, ...]:
        """Return signals that came in before then and were not acted on, oldest first."""
        ...

    def find_signal(self, signal_id: str) -> SignalRecord | None: ...

    def put_cache(self, key: str, text: str, ttl_ms: int) -> None: ...

    def find_cache(self, key: str) -> str | None: ...

    def beat(self, name: str, now_ms: int, ttl_ms: int) -> None:
        """Leave a sign of life."""
        ...

    def list_beats(self) -> Mapping[str, int]:
        """Return the newest sign of life of each name, ms since 1970."""
        ...

    def describe_server(self) -> Mapping[str, str]:
        """Return version, memory policy, persistence: what a doctor looks at."""
        ...

    def close(self) -> None: ...


# ---- other processes -------------------------------------------------------------------------


class Dispatcher(Protocol):
    """Asks other processes to go on. Every message is a hint: lost ones are found by sweeps."""

    def submit_order(self, account: str, client_order_id: str) -> None: ...

    def poll_order(self, account: str, client_order_id: str) -> None: ...

    def resolve_order(self, account: str, client_order_id: str) -> None: ...

    def cancel_order(self, account: str, client_order_id: str) -> None: ...

    def process_signal(self, signal_id: str) -> None: ...

    def reconcile(self, account: str) -> None: ...

    def watch(self, account: str) -> None: ...

    def update_position(self, account: str, symbol: str) -> None:
        """Fold what was booked: a partial fill moves the position at once."""
        ...

    def complete(self, account: str, entry: OutboxEntry) -> None:
        """Bring the entry's positions up to date, then the portfolio."""
        ...

    def queue_lengths(self) -> Mapping[str, int]: ...
