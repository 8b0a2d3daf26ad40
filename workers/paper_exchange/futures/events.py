"""What the futures market tells an account's user stream, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .algo_orders import AlgoOrder
from .orders import Order, Trade
from .positions import Position

ExecutionType = Literal["NEW", "TRADE", "CANCELED", "EXPIRED", "CALCULATED", "AMENDMENT"]
#: The ends that the exchange itself makes; the second prevents a trade of an account with itself.
Ending = Literal["EXPIRED", "EXPIRED_IN_MATCH"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderEvent:
    """An order changed."""

    uid: int
    execution_type: ExecutionType
    order: Order
    trade: Trade | None = None
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LiteEvent:
    """An order traded: the short word that comes before the long ones."""

    uid: int
    order: Order
    trade: Trade
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WalletRow:
    """An asset after a change; `change` leaves profits and fees out, as Binance does."""

    asset: str
    balance: Decimal
    cross_balance: Decimal
    change: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PositionRow:
    """A position after a change."""

    position: Position
    unrealized: Decimal
    is_isolated: bool
    margin_asset: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountEvent:
    """Wallets or positions changed, and why; only what changed is told."""

    uid: int
    reason: str  # ORDER, FUNDING_FEE, DEPOSIT, WITHDRAW, MARGIN_TRANSFER, INSURANCE_CLEAR …
    wallets: tuple[WalletRow, ...]
    positions: tuple[PositionRow, ...]
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LeverageEvent:
    """The leverage of a contract was set."""

    uid: int
    symbol: str
    leverage: int
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginCallRow:
    """A position that is close to its end."""

    position: Position
    is_isolated: bool
    mark_price: Decimal
    unrealized: Decimal
    maintenance: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginCallEvent:
    """Positions need more margin soon."""

    uid: int
    cross_balance: Decimal
    rows: tuple[MarginCallRow, ...]
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AlgoEvent:
    """A conditional order changed; `child` is the order that it placed."""

    uid: int
    order: AlgoOrder
    child: Order | None = None
    at_ms: int


UserEvent = OrderEvent | LiteEvent | AccountEvent | LeverageEvent | MarginCallEvent | AlgoEvent
