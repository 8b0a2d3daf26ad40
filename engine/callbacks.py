"""What a caller's functions hear, and with which words they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.domain.events import Event, EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import Position
from engine.order_result import OrderResult, describe_order
from engine.ports import AccountStore
from engine.risk.signals import KEY_PREFIX


@dataclass(frozen=True, kw_only=True)
class Denial:
    """An order or a signal that risk refused; nothing of it left the house."""

    symbol: str
    code: str
    message: str  # One sentence
    order_id: str  # "" where a signal came to no order at all
    order: OrderResult | None  # As it stands; None where there is none
    signal_key: str  # "" for what no signal asked
    at_ms: int


#: Told of an order by its id, with the order as it is now.
OrderCallback = Callable[[str, OrderResult], object]
#: Told of a position by its name: its symbol, in hedge mode with the side.
PositionCallback = Callable[[str, Position], object]
DenialCallback = Callable[[Denial], object]


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """One caller's function and the events that it is called for."""

    kinds: frozenset[EventKind]
    #: Returns the function's arguments; None: the event is none for it.
    find: Callable[[AccountStore, Event], tuple[Any, ...] | None]
    callback: Callable[..., object]


STEPS = frozenset(
    {
        EventKind.ORDER_RECORDED,
        EventKind.ORDER_CLAIMED,
        EventKind.ORDER_CHANGED,
        EventKind.ORDER_SETTLED,
        EventKind.CANCEL_REQUESTED,
    }
)
DENIALS = frozenset({EventKind.ORDER_RECORDED, EventKind.ORDER_CHANGED, EventKind.SIGNAL_DENIED})


def hear_orders(callback: OrderCallback) -> Hearing:
    """Be told of each step of an order: recorded, claimed, another status, settled."""
    return Hearing(kinds=STEPS, find=_order, callback=callback)


def hear_fills(callback: OrderCallback) -> Hearing:
    """Be told of each fill that was booked."""
    return Hearing(kinds=frozenset({EventKind.ORDER_FILLED}), find=_order, callback=callback)


def hear_positions(callback: PositionCallback) -> Hearing:
    """Be told of each position that was brought up to date."""
    kinds = frozenset({EventKind.POSITION_UPDATED})
    return Hearing(kinds=kinds, find=_position, callback=callback)


def hear_denials(callback: DenialCallback) -> Hearing:
    """Be told of each order and each signal that risk refused."""
    return Hearing(kinds=DENIALS, find=_denial, callback=callback)


def _order(store: AccountStore, event: Event) -> tuple[str, OrderResult] | None:
    stored = store.find_order(event.client_order_id)
    if stored is None:
        return None  # A lost store forgot the order; a rebuild tells of its fills anew
    return event.client_order_id, describe_order(stored.value)


def _position(store: AccountStore, event: Event) -> tuple[str, Position] | None:
    stored = store.find_position(event.symbol)
    return None if stored is None else (event.symbol, stored.value)


def _denial(store: AccountStore, event: Event) -> tuple[Denial] | None:
    if event.kind is EventKind.SIGNAL_DENIED:
        return (_of_signal(event),)
    if event.details.get("after") != OrderStatus.DENIED:
        return None
    stored = store.find_order(event.client_order_id)
    if stored is None:
        return None
    order = stored.value
    return (
        Denial(
            symbol=event.symbol,
            code=order.reason.code if order.reason else "",
            message=order.reason.message if order.reason else event.message,
            order_id=event.client_order_id,
            order=describe_order(order),
            signal_key=_signal_key(order),
            at_ms=event.at_ms,
        ),
    )


def _signal_key(order: Order) -> str:
    is_signal = order.request_key.startswith(KEY_PREFIX)
    return order.request_key.removeprefix(KEY_PREFIX) if is_signal else ""


def _of_signal(event: Event) -> Denial:
    return Denial(
        symbol=event.symbol,
        code=event.details.get("code", ""),
        message=event.message,
        order_id="",
        order=None,
        signal_key=event.details.get("signal", ""),
        at_ms=event.at_ms,
    )
