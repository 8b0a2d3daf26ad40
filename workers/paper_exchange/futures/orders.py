"""One order, one trade and one request of the futures market."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from workers.paper_exchange.market.prevention import DEFAULT
from workers.paper_exchange.market.trades import OrderKey, Side

ZERO = Decimal(0)

#: BOTH is the one position of one-way mode; hedge mode has a LONG and a SHORT.
PositionSide = Literal["BOTH", "LONG", "SHORT"]
WorkingType = Literal["CONTRACT_PRICE", "MARK_PRICE"]

OPEN_STATUSES = frozenset({"NEW", "PARTIALLY_FILLED"})


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRequest:
    """What a client wants; numbers are zero where they do not apply."""

    symbol: str
    side: Side
    order_type: str  # LIMIT or MARKET
    position_side: PositionSide = "BOTH"
    time_in_force: str = "GTC"
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    is_reduce_only: bool = False
    client_order_id: str = ""  # Empty: the exchange makes one
    good_till_ms: int = 0
    response: str = "ACK"  # ACK or RESULT
    self_trade_prevention: str = ""  # Empty: the contract's own
    # What the child of a conditional order takes over from it
    original_type: str = ""
    trigger_price: Decimal = ZERO
    closes_position: bool = False
    working_type: WorkingType = "CONTRACT_PRICE"
    is_price_protected: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An order at one moment; a change makes a new value, so its history can be kept."""

    symbol: str
    order_id: int
    uid: int
    client_order_id: str
    side: Side
    position_side: PositionSide
    order_type: str
    original_type: str  # STOP_MARKET … for the child of a conditional order
    time_in_force: str
    quantity: Decimal
    price: Decimal = ZERO  # 0 at the market
    is_reduce_only: bool = False
    closes_position: bool = False
    trigger_price: Decimal = ZERO
    working_type: WorkingType = "CONTRACT_PRICE"
    is_price_protected: bool = False
    good_till_ms: int = 0
    self_trade_prevention: str = DEFAULT
    status: str = "NEW"
    filled_quantity: Decimal = ZERO
    filled_quote: Decimal = ZERO
    expiry_reason: int = 0  # Binance's `er`
    realized: Decimal = ZERO  # Profit of its trades, fees not taken off
    created_at_ms: int
    updated_at_ms: int

    @property
    def key(self) -> OrderKey:
        return (self.symbol, self.order_id)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_conditional(self) -> bool:
        """Return False: conditional orders are the algo service's, with ids of their own."""
        return False

    @property
    def remaining_quantity(self) -> Decimal:
        return self.quantity - self.filled_quantity

    @property
    def average_price(self) -> Decimal:
        return self.filled_quote / self.filled_quantity if self.filled_quantity else ZERO

    @property
    def reduces(self) -> bool:
        """Whether it can only make a position smaller, by its flag or by its position side."""
        return self.is_reduce_only or reduces_by_side(self.position_side, self.side)

    def changed(self, **changes: object) -> Order:
        return replace(self, **changes)  # type: ignore[arg-type]  # fields of its own


def reduces_by_side(position_side: PositionSide, side: Side) -> bool:
    """Return whether an order of hedge mode closes: a sale of LONG, a purchase of SHORT."""
    return (position_side, side) in {("LONG", "SELL"), ("SHORT", "BUY")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade:
    """One side of a trade that belongs to an account; a trade with oneself has two."""

    symbol: str
    trade_id: int
    order_id: int
    uid: int
    side: Side
    position_side: PositionSide
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    fee: Decimal
    fee_asset: str
    realized: Decimal  # Profit, the fee not taken off
    is_maker: bool
    executed_at_ms: int
