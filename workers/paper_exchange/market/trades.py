"""The words that every market type shares: sides, keys of orders, public trades."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Side = Literal["BUY", "SELL"]
OrderKey = tuple[str, int]  # symbol, order id: Binance counts both per symbol


@dataclass(frozen=True, kw_only=True, slots=True)
class Print:
    """A public trade."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    executed_at_ms: int
    buyer_is_maker: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Fill:
    """A match about to be booked for one order."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    is_maker: bool
    executed_at_ms: int
