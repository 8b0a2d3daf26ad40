"""Risk as values: what is approved, what is denied, what is held for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.fill import LedgerRow, Side
from engine.domain.order import OrderTerms
from engine.domain.position import Position
from engine.domain.trading_state import TradingState


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What an unfinished order may still add, at the price it was approved with."""

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal  # Base currency, what is not filled yet
    price: Decimal  # Quote per base
    reduces: bool = False  # Reduce-only: adds nothing to exposure


@dataclass(frozen=True, kw_only=True)
class RiskBook:
    """One consistent look at everything that a limit is compared with."""

    version: int  # Raised whenever exposure can rise or a limit changes
    trading_state: TradingState
    reservations: tuple[Reservation, ...] = ()
    positions: tuple[Position, ...] = ()
    unfolded: Mapping[str, tuple[LedgerRow, ...]] = field(default_factory=dict)  # By symbol


@dataclass(frozen=True, kw_only=True)
class Approved:
    terms: OrderTerms  # Sized, in steps and ticks
    reservation: Reservation | None
    leverage: int = 1


@dataclass(frozen=True, kw_only=True)
class Denied:
    """Our own no: a stable code, a sentence, the numbers that were compared."""

    code: str
    message: str
    numbers: tuple[tuple[str, str], ...] = ()


Verdict = Approved | Denied
