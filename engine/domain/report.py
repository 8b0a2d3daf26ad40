"""What the exchange says: reports, answers to our requests, balances, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.fill import Fill, Side
from engine.domain.order import OrderStatus, OrderType


@dataclass(frozen=True, kw_only=True)
class OrderReport:
    """The exchange's view of one order at one moment."""

    exchange_order_id: str
    client_order_id: str | None  # As the exchange shows it now; a spot cancel replaces it
    original_client_order_id: str | None = None  # Where the message names the one before
    symbol: str
    side: Side
    order_type: OrderType | None
    status: OrderStatus
    quantity: Decimal  # Base currency
    filled_quantity: Decimal
    filled_cost: Decimal | None = None  # Quote currency, of what is filled; None: not told
    price: Decimal | None = None
    created_at_ms: int  # Exchange time
    updated_at_ms: int  # Exchange time
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


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """An order with this client id is open there: proof that it exists, never a rejection."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Nobody can tell from the answer whether the exchange acted."""

    message: str


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
    used: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.used


@dataclass(frozen=True, kw_only=True)
class Balances:
    assets: Mapping[str, Balance] = field(default_factory=dict)
    updated_at_ms: int  # Exchange time
    asked_at_ms: int  # Our time when the request began


@dataclass(frozen=True, kw_only=True)
class Ticker:
    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at_ms: int  # Our time when the request began

    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, kw_only=True)
class KeyPermissions:
    can_read: bool
    can_trade: bool
    can_withdraw: bool | None  # None: the venue does not say
    is_ip_restricted: bool | None
