"""What the exchange says: reports, answers to our requests, balances, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.derivative import PositionSide
from engine.domain.end_reason import Reason, Refused
from engine.domain.fill import Fill, Side
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType


@dataclass(frozen=True, kw_only=True)
class OrderReport:
    """The exchange's view of one order at one moment."""

    exchange_order_id: str
    triggered_order_id: str | None = None  # See engine.domain.exchange_ids
    client_order_id: str | None  # As the exchange shows it now; a spot cancel replaces it
    original_client_order_id: str | None = None  # Where the message names the one before
    order_list_id: str | None = None  # Of the list that it was placed in; None: none, or not told
    symbol: str
    side: Side
    order_type: OrderType | None
    status: OrderStatus
    quantity: Decimal  # Base currency
    filled_quantity: Decimal
    filled_cost: Decimal | None = None  # Quote currency, of what is filled; None: not told
    price: Decimal | None = None
    trigger_price: Decimal | None = None  # None: it has none, or it is not told
    position_side: PositionSide = PositionSide.BOTH
    reduce_only: bool = False
    close_position: bool = False
    created_at_ms: int  # Exchange time
    updated_at_ms: int  # Exchange time
    reason: Reason | None = None  # Why it ended, where the exchange says it
    fills: tuple[Fill, ...] = ()  # Only where the message carries them


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The exchange took the order: JSON with its id and our client id."""

    report: OrderReport


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The exchange certainly did not take the order."""

    code: str  # The exchange's own code, or the reason that nothing left
    message: str
    #: A new attempt may help: clock, definite overload, connection refused before a byte left.
    is_passing: bool = False
    retry_after_ms: int = 0
    #: What refused it (room, money, a price, a pause) may have come about since the order was
    #: accepted: a copy of its request would hear the same.
    may_stand: bool = False
    heard_at_ms: int | None = None  # Exchange time; None: it was not sent, or the time is not known


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """An order with this client id is open there: proof that it exists, never a rejection."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Nobody can tell from the answer whether the exchange acted."""

    message: str
    refused: Refused | None = None  # What it will have been if nothing is found


SubmitAnswer = Placed | Refusal | Duplicate | Unclear


@dataclass(frozen=True, kw_only=True)
class CancelDone:
    report: OrderReport


@dataclass(frozen=True, kw_only=True)
class CancelRefused:
    """The exchange has no such open order (any more): ask what became of it."""

    code: str
    message: str


CancelAnswer = CancelDone | CancelRefused | Unclear


@dataclass(frozen=True, kw_only=True)
class CancelAllDone:
    """Everything that was open is ended; what became of each."""

    reports: tuple[OrderReport, ...]


CancelAllAnswer = CancelAllDone | CancelRefused | Unclear


@dataclass(frozen=True, kw_only=True)
class Balance:
    free: Decimal
    used: Decimal  # Below zero where unrealized profit of contracts serves as margin
    margin: Decimal | None = None  # That contracts and their orders lock, where the exchange says

    @property
    def total(self) -> Decimal:
        return self.free + self.used


@dataclass(frozen=True, kw_only=True)
class Balances:
    assets: Mapping[str, Balance] = field(default_factory=dict)
    #: Contracts that are held, by the name of the position; below zero when short.
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    updated_at_ms: int  # Exchange time
    asked_at_ms: int  # Our time when the request began

    @property
    def totals(self) -> dict[str, Decimal]:
        """What the ledger must come to: the total of each asset, and each position."""
        return {name: held.total for name, held in self.assets.items()} | dict(self.positions)


@dataclass(frozen=True, kw_only=True)
class HeldPosition:
    """A position of a contract as the exchange shows it at one moment."""

    name: str  # Of the position
    quantity: Decimal  # Base currency; below zero when short
    entry_price: Decimal | None
    mark_price: Decimal
    unrealized_pnl: Decimal  # Settlement currency, by the mark price
    liquidation_price: Decimal | None = None  # None: nothing liquidates it


@dataclass(frozen=True, kw_only=True)
class Ticker:
    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal | None = None  # Of the last trade; None: not told
    at_ms: int  # Our time when the request began

    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, kw_only=True)
class ContractSetting:
    """How the account holds one contract."""

    leverage: int
    margin_mode: str  # "cross" or "isolated"


@dataclass(frozen=True, kw_only=True)
class KeyPermissions:
    can_read: bool
    can_trade: bool
    can_withdraw: bool | None  # None: the venue does not say
    is_ip_restricted: bool | None
