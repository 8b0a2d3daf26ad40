"""Two orders of which one cancels the other: from two verdicts to what is recorded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT
from engine.domain.derivative import settle_asset
from engine.domain.order import Order, OrderStatus, OrderType, Reason
from engine.domain.request import OrderIntent
from engine.domain.risk import Reservation
from engine.errors import InvalidRequest
from engine.execution.placing.list_submission import NOT_TOGETHER
from engine.ports import NewGroup


def form_list(intents: Sequence[OrderIntent]) -> tuple[OrderIntent, ...]:
    """Return the wishes for two orders of one list, its limit order made to wait.

    Raises InvalidRequest for two that are no list.
    """
    first, second = intents
    if settle_asset(first.symbol) is not None:
        raise InvalidRequest(
            f"symbol is {first.symbol}; of contracts no two orders cancel each other on the"
            " exchange: give the entry stop_loss and take_profit, or protect the position."
        )
    for field in ("symbol", "side", "quantity"):
        if getattr(first, field) != getattr(second, field):
            raise InvalidRequest(
                f"{field} is {getattr(first, field)} and {getattr(second, field)};"
                " two orders of which one cancels the other have the same."
            )
    kinds = (first.order_type, second.order_type)
    if sum(kind is OrderType.LIMIT for kind in kinds) != 1 or not any(map(_stops, kinds)):
        raise InvalidRequest(
            f"order_type is {kinds[0]} and {kinds[1]}; one must be limit, the other stop or"
            " stop_limit."
        )
    return tuple(
        replace(one, is_listed=True, post_only=one.order_type is OrderType.LIMIT) for one in intents
    )


def _stops(kind: OrderType) -> bool:
    return kind in {OrderType.STOP, OrderType.STOP_LIMIT}


def join(group: NewGroup) -> NewGroup:
    """Return the group of two as one list: partners, and reserved once.

    One of them trades at most, so the one that may cost more holds what both may. Where one was
    denied the other is, too.
    """
    first, second = group.orders
    denied = next((one for one in group.orders if one.status is OrderStatus.DENIED), None)
    if denied is not None:
        orders = tuple(_denied(one) for one in group.orders)
        return replace(group, orders=orders, reservations=())
    partners = (
        replace(first, partner_id=second.client_order_id),
        replace(second, partner_id=first.client_order_id),
    )
    largest = max(group.reservations, key=_worth, default=None)
    return replace(group, orders=partners, reservations=(largest,) if largest else ())


def _worth(reservation: Reservation) -> Decimal:
    with localcontext(EXACT):
        return reservation.quantity * reservation.price


def _denied(order: Order) -> Order:
    if order.status is OrderStatus.DENIED:
        return order
    return order.to(
        OrderStatus.DENIED, Reason(code=NOT_TOGETHER.code, message=NOT_TOGETHER.message)
    )
