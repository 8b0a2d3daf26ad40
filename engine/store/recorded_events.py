"""What is told of orders that are recorded or claimed: derived, so none is forgotten. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.domain.events import Event, EventKind, describe_lost_place, has_lost_its_place
from engine.domain.order import Order


def derive_recorded(orders: Iterable[Order], at_ms: int) -> list[Event]:
    """Return the events of a new group, so that no caller can forget one."""
    events = []
    for order in orders:
        events.append(_event(EventKind.ORDER_RECORDED, order, at_ms))
        if order.is_settled:
            events.append(_event(EventKind.ORDER_SETTLED, order, at_ms))
        if has_lost_its_place(order):
            message = describe_lost_place(order)
            events.append(replace(_event(EventKind.ALARM, order, at_ms), message=message))
    return events


def derive_claimed(claimed: Order, at_ms: int) -> list[Event]:
    return [_event(EventKind.ORDER_CLAIMED, claimed, at_ms)]


def _event(kind: EventKind, order: Order, at_ms: int) -> Event:
    return Event(
        kind=kind,
        at_ms=at_ms,
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
        message=order.reason.message if order.reason else "",
        details={"after": order.status},
    )
