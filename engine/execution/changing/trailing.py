"""Trailing stops that we watch: one order, unsent until the price sets it off.

The order stands in the store with the best price that was seen. Its trigger is one write; from
then on it is a market order like any other, recorded long ago and claimed once.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.lanes import submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Ticker
from engine.domain.trailing import advance, is_touched, watched_price
from engine.execution.changes import change_order
from engine.execution.context import AccountContext


def trail(context: AccountContext, order: Order, ticker: Ticker) -> None:
    """Keep the best price; send the order when the price has come back from it."""
    price = watched_price(ticker, order.terms.side)
    if price is None:
        return
    now_ms = context.clock.now_ms()
    valid_until_ms = now_ms + context.timings.order_valid_ms

    def follow(current: Order) -> Order:
        return apply_price(current, price, now_ms, valid_until_ms)

    changed = change_order(context, order.client_order_id, follow)
    if changed.trail is not None and changed.trail.triggered_at_ms == now_ms:
        context.dispatcher.submit_order(context.name, order.client_order_id, submit_lane(order))


def apply_price(order: Order, price: Decimal, now_ms: int, valid_until_ms: int) -> Order:
    """Return the order after the price: its best kept, or set off. Pure.

    The time that an order may wait to be sent begins with its trigger.
    """
    if order.trail is None or not order.is_waiting:
        return order
    moved = advance(order.trail, order.terms, price)
    if not is_touched(moved, order.terms, price):
        return order if moved == order.trail else replace(order, trail=moved)
    fired = replace(moved, triggered_at_ms=now_ms)
    return replace(order, trail=fired, valid_until_ms=valid_until_ms)


def watch_again(context: AccountContext, client_order_id: str) -> Order:
    """Return a stop that went off and could not be sent in time to its watch.

    Whether it is still to be sent the price of now says: if so, at the next look.
    """
    return change_order(context, client_order_id, apply_delay)


def apply_delay(order: Order) -> Order:
    """Return the order as it was before its trigger, unless it was sent. Pure."""
    if order.trail is None or order.status is not OrderStatus.INITIALIZED:
        return order
    return replace(order, trail=replace(order.trail, triggered_at_ms=None))
