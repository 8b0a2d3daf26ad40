"""What the exchange tells an account's user stream, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .order_lists import OrderList
from .orders import Execution, Order

ExecutionType = Literal["NEW", "TRADE", "CANCELED", "EXPIRED", "REJECTED", "TRADE_PREVENTION"]
#: The ends of an order that is not in the book, and how the user stream tells them.
Ending = Literal["EXPIRED", "EXPIRED_IN_MATCH"]
TOLD_AS: dict[Ending, ExecutionType] = {
    "EXPIRED": "EXPIRED",
    "EXPIRED_IN_MATCH": "TRADE_PREVENTION",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderEvent:
    """An order changed."""

    uid: int
    execution_type: ExecutionType
    order: Order
    execution: Execution | None = None
    original_client_order_id: str = ""
    execution_id: int  # Counts every change of every order of a market
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PositionEvent:
    """Balances changed by trading; the state of the assets that may have changed."""

    uid: int
    balances: tuple[tuple[str, Decimal, Decimal], ...]  # asset, free, locked
    updated_at_ms: int
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceEvent:
    """A deposit, a withdrawal or a transfer."""

    uid: int
    asset: str
    delta: Decimal
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEvent:
    """A list of orders began or ended; its orders by id and client id."""

    uid: int
    order_list: OrderList
    orders: tuple[tuple[int, str], ...]
    at_ms: int


UserEvent = OrderEvent | PositionEvent | BalanceEvent | ListEvent
