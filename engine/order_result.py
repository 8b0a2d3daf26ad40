"""An order as a caller sees it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.changing import ReplacementStep
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus

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
    replaces: str = ""  # The order in whose place it was recorded
    replaced_by: str = ""  # The order in its place
    is_watched: bool = False  # A trailing stop that we watch: the exchange does not know it yet
    settles_at_ms: int | None = None  # When a doubt ends at the latest (exchange time)


def describe_order(order: Order, settles_at_ms: int | None = None) -> OrderResult:
    """Return what a caller may know of the order."""
    reason = f"{order.reason.code}: {order.reason.message}" if order.reason else ""
    wish = order.replacement
    is_unreplaced = wish is not None and wish.step is ReplacementStep.DROPPED
    if wish is not None and is_unreplaced and not reason:
        reason = f"NOT_REPLACED: {wish.note}"
    is_unsent = order.status is OrderStatus.INITIALIZED and not order.is_waiting
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
        replaces=order.replaces,
        replaced_by=order.replaced_by,
        is_watched=order.is_waiting,
        settles_at_ms=settles_at_ms if order.is_in_doubt else None,
    )
