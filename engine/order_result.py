"""An order as a caller sees it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.order import Order, OrderStatus

#: Ends that are not what the caller wished.
FAILED = frozenset({OrderStatus.DENIED, OrderStatus.REJECTED})


@dataclass(frozen=True, kw_only=True)
class OrderResult:
    success: bool  # The exchange has it, or had it; False as well while that is in doubt
    order_id: str  # Our client order id
    exchange_order_id: str | None
    account: str
    symbol: str
    side: str
    order_type: str
    status: str
    in_doubt: bool  # Do not place it again; the same key is safe
    quantity: Decimal | None  # Base currency
    filled_quantity: Decimal
    average_price: Decimal | None  # Quote per base, fees not included
    reason: str  # Empty, or CODE: sentence
    settles_at_ms: int | None = None  # When a doubt ends at the latest (exchange time)


def describe_order(order: Order, settles_at_ms: int | None = None) -> OrderResult:
    """Return what a caller may know of the order."""
    reason = f"{order.reason.code}: {order.reason.message}" if order.reason else ""
    is_unsent = order.status is OrderStatus.INITIALIZED
    return OrderResult(
        success=order.status not in FAILED and not order.is_in_doubt and not is_unsent,
        order_id=order.client_order_id,
        exchange_order_id=order.exchange_order_id,
        account=order.account,
        symbol=order.terms.symbol,
        side=order.terms.side.value,
        order_type=order.terms.order_type.value,
        status=order.status.value,
        in_doubt=order.is_in_doubt,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        reason=reason,
        settles_at_ms=settles_at_ms if order.is_in_doubt else None,
    )
