"""A new order as it was asked for, after its syntax has been checked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from workers.paper_exchange.market.trades import Side

from .orders import ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRequest:
    """What a client wants; numbers are zero where they do not apply."""

    symbol: str
    side: Side
    order_type: str
    time_in_force: str = "GTC"
    quantity: Decimal = ZERO
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    client_order_id: str = ""  # Empty: the exchange makes one
    response: str = "ACK"  # ACK, RESULT or FULL
    self_trade_prevention: str = ""  # Empty: the market's own
    strategy: tuple[tuple[str, int], ...] = ()
