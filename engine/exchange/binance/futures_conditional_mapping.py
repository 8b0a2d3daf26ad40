"""Binance's conditional orders of contracts in our words. Pure.

They have numbers of their own, which mean nothing in the list of orders; so ours say of which
list they are. TRIGGERED and FINISHED tell that another order was placed and that it is over, not
how: only that order's own rows say what became of the wish.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.domain.decimals import ZERO, shorten
from engine.domain.end_reason import TRIGGER_REJECTED, Reason
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.exchange.binance.futures_mapping import ORDER_TYPES, map_position_side
from engine.exchange.binance.mapping import SIDES, map_symbol
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import (
    Row,
    identifier,
    optional_price,
    optional_text,
    quantity,
    text,
    time_ms,
)

#: Before the number of a conditional order.
MARK = "algo-"
#: A status that is missing here is never guessed: the whole answer then counts as unread.
STATUSES = {
    "NEW": OrderStatus.ACCEPTED,
    "TRIGGERING": OrderStatus.ACCEPTED,
    "TRIGGERED": OrderStatus.ACCEPTED,
    "FINISHED": OrderStatus.ACCEPTED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.EXPIRED,  # It was accepted once; the order that it became was not
}


def map_conditional(row: Row, symbols: Mapping[str, str]) -> OrderReport:
    """Return the report of a conditional order; nothing of it is ever filled."""
    word, status = text(row, "side"), text(row, "algoStatus")
    if word not in SIDES:
        raise Unreadable(f"side is {shorten(word)}, which is not known")
    if status not in STATUSES:
        raise Unreadable(f"algoStatus is {shorten(status)}, which is not known")
    return OrderReport(
        exchange_order_id=MARK + identifier(row, "algoId"),
        triggered_order_id=_triggered_id(row),
        client_order_id=text(row, "clientAlgoId"),
        symbol=map_symbol(row, symbols),
        side=SIDES[word],
        order_type=ORDER_TYPES.get(text(row, "orderType")),
        status=STATUSES[status],
        quantity=_quantity(row),
        filled_quantity=ZERO,
        price=optional_price(row, "price"),
        trigger_price=optional_price(row, "triggerPrice"),
        position_side=map_position_side(row),
        reduce_only=row.get("reduceOnly") is True,
        close_position=row.get("closePosition") is True,
        created_at_ms=time_ms(row, "createTime"),
        updated_at_ms=time_ms(row, "updateTime"),
        reason=_reason(row, status),
    )


def _triggered_id(row: Row) -> str | None:
    """Return the number of the order that was placed; text, and empty before."""
    number = row.get("actualOrderId")
    if number in (None, "", 0, "0"):
        return None
    word = str(number)
    if not word.isdecimal():
        raise Unreadable(f"actualOrderId is {shorten(number)}, expected an id")
    return word


def _quantity(row: Row) -> Decimal:
    """Return how much; of one that closes the whole position nobody knows before the trigger."""
    return ZERO if row.get("closePosition") is True else quantity(row, "quantity")


def _reason(row: Row, status: str) -> Reason | None:
    if status != "REJECTED":
        return None
    said = optional_text(row, "rejectReason") or "the exchange does not say why"
    return Reason(code=TRIGGER_REJECTED, message=said)
