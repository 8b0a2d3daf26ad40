"""Legs that are over: what they closed, and whether that was a failure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.order import Order
from engine.domain.protection import Leg, Protection

#: A leg that was refused or ended by others is placed anew at once, by the price of now; the next
#: ones after this, doubling up to the longest.
FIRST_RETRY_MS, LONGEST_RETRY_MS = 500, 60_000


def drop_ended(plan: Protection, orders: Mapping[str, Order], now_ms: int) -> Protection:
    """Return the plan without legs that are over; what they closed is remembered."""
    kept: list[Leg] = []
    for leg in plan.legs:
        order = orders.get(leg.client_order_id)
        if order is None or not order.is_settled:
            kept.append(leg)
            continue
        with localcontext(EXACT):
            closed = plan.closed_quantity + order.filled_quantity
        plan = replace(plan, closed_quantity=closed)
        if _is_failure(leg, order) and not _partner_filled(leg, orders):
            plan = _with_failure(plan, leg, order, now_ms)
    return plan.with_legs(kept)


def _is_failure(leg: Leg, order: Order) -> bool:
    """Tell whether nobody here wished the leg's end; a halt is our own doing."""
    is_halt = order.reason is not None and order.reason.code == "HALTED"
    return not (leg.is_leaving or order.filled_quantity or is_halt)


def _partner_filled(leg: Leg, orders: Mapping[str, Order]) -> bool:
    """Tell whether the exchange ended it because its partner traded."""
    partner = orders.get(leg.partner_id)
    return partner is not None and partner.reported_filled_quantity > ZERO


def _with_failure(plan: Protection, leg: Leg, order: Order, now_ms: int) -> Protection:
    reason = f": {order.reason.message}" if order.reason and order.reason.message else ""
    note = f"order {order.client_order_id} ended as {order.status}{reason}"
    if leg.role is not plan.guard and not leg.partner_id:  # The stop must not wait for it
        return replace(
            plan,
            target_failures=plan.target_failures + 1,
            target_retry_at_ms=now_ms + _wait_ms(plan.target_failures),
            note=note,
        )
    if leg.round <= plan.failed_round:
        return plan  # Its partner was counted
    return replace(
        plan,
        failures=plan.failures + 1,
        failed_round=leg.round,
        retry_at_ms=now_ms + _wait_ms(plan.failures),
        note=note,
    )


def _wait_ms(failures: int) -> int:
    """Return how long the next try waits after one more than so many failures."""
    tries = min(failures, 20)
    return min(FIRST_RETRY_MS << (tries - 1), LONGEST_RETRY_MS) if tries else 0
