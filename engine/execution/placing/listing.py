"""Two orders of which one cancels the other: from two verdicts to what is recorded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.decimals import plain
from engine.domain.derivative import settle_asset
from engine.domain.end_reason import Reason
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.request import OrderIntent
from engine.domain.risk import Reservation
from engine.errors import InvalidRequest
from engine.execution.placing.list_submission import NOT_TOGETHER
from engine.ports import NewGroup

#: What both have in common; the rest is what makes them two.
_SAME = ("symbol", "side", "quantity", "reduce_only", "close_position", "position_side")


def form_pair(intents: Sequence[OrderIntent]) -> tuple[OrderIntent, ...]:
    """Return the wishes for two orders of which one cancels the other; the limit order waits.

    On spot they are sent in one list, of a contract each by itself. Raises InvalidRequest for two
    that are no such pair.
    """
    first, second = intents
    for field in _SAME:
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
    for one in intents:
        _check_alone(one)
    _check_sides(*sorted(intents, key=lambda one: one.order_type is not OrderType.LIMIT))
    is_listed = settle_asset(first.symbol) is None
    return tuple(
        replace(
            one,
            is_listed=is_listed,
            is_rival=not is_listed,
            post_only=one.order_type is OrderType.LIMIT,
        )
        for one in intents
    )


def _stops(kind: OrderType) -> bool:
    return kind in {OrderType.STOP, OrderType.STOP_LIMIT}


def _check_alone(intent: OrderIntent) -> None:
    """Raise InvalidRequest for what only an order that stands alone can have."""
    if intent.quantity is None:
        raise InvalidRequest("quantity is missing; both orders of a pair name the same.")
    if intent.chase is not None:
        raise InvalidRequest("chase is set; an order of a pair keeps its price.")


def _check_sides(limit: OrderIntent, stop: OrderIntent) -> None:
    """Raise InvalidRequest where no price of the market could have both wait."""
    price, trigger = limit.price, stop.trigger_price
    if price is None or trigger is None:
        return  # Told of each order by itself
    is_buy = limit.side is Side.BUY
    if price >= trigger if is_buy else price <= trigger:
        raise InvalidRequest(
            f"price is {plain(price)} and trigger_price is {plain(trigger)}; to {limit.side}, the"
            f" limit order must be {'below' if is_buy else 'above'} the stop."
        )


def join(group: NewGroup) -> NewGroup:
    """Return the group of two as a pair, each with the other's id, or both denied.

    Where one was denied the other is, too.
    """
    first, second = group.orders
    denied = next((one for one in group.orders if one.status is OrderStatus.DENIED), None)
    if denied is not None:
        orders = tuple(_denied(one) for one in group.orders)
        return replace(group, orders=orders, reservations=())
    if settle_asset(first.terms.symbol) is not None:
        rivals = (
            replace(first, rival_id=second.client_order_id),
            replace(second, rival_id=first.client_order_id),
        )
        return replace(group, orders=rivals, reservations=_reserved(group))
    partners = (
        replace(first, partner_id=second.client_order_id),
        replace(second, partner_id=first.client_order_id),
    )
    return replace(group, orders=partners, reservations=_reserved(group))


def _reserved(group: NewGroup) -> tuple[Reservation, ...]:
    """Return what the pair holds: what may trade in all.

    Of a list one order trades, and of two that only reduce no more than is held: each holds for
    both, and counts with the other once. Two rivals that may open a position may both trade before
    one is ended, so each of them holds its own.
    """
    if any(may_both_open(order.terms) for order in group.orders):
        return group.reservations
    first, second = (order.client_order_id for order in group.orders)
    others = {first: second, second: first}
    return tuple(
        replace(held, shares_with=others[held.client_order_id]) for held in group.reservations
    )


def may_both_open(terms: OrderTerms | OrderIntent) -> bool:
    """Tell whether both orders of a pair with such terms may open a position."""
    return settle_asset(terms.symbol) is not None and not (
        terms.reduce_only or terms.close_position
    )


def _denied(order: Order) -> Order:
    if order.status is OrderStatus.DENIED:
        return order
    return order.to(
        OrderStatus.DENIED, Reason(code=NOT_TOGETHER.code, message=NOT_TOGETHER.message)
    )
