"""Lanes: who goes first, on queues and in the exchange's allowance."""

from __future__ import annotations

from enum import StrEnum

from engine.domain.order import Order


class Lane(StrEnum):
    """Highest first. A slow lane never holds a fast one."""

    EMERGENCY = "emergency"
    CANCEL = "cancel"
    EXIT = "exit"  #: Orders that guard or close a position
    SUBMIT = "submit"
    RESOLVE = "resolve"
    POLL = "poll"
    MARKET_DATA = "market_data"


def submit_lane(order: Order) -> Lane:
    """Return the lane that an order leaves by: what guards or closes never waits for entries.

    Of a caller's own orders those that the exchange holds to closing, unless they rest in the book
    at their price: a ladder of targets is in no hurry.
    """
    if order.emergency_run:
        return Lane.EMERGENCY
    terms = order.terms
    is_pressing = terms.is_immediate or terms.order_type.is_conditional
    is_closing = terms.only_reduces and is_pressing
    return Lane.EXIT if order.is_leg or is_closing else Lane.SUBMIT
