"""What tests of protection ask again and again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.events import EventKind
from engine.domain.protection import Protection
from tests.desk import Desk

OPEN = {"NEW", "PARTIALLY_FILLED"}


def plans(desk: Desk) -> list[Protection]:
    """Return the plans that are not over."""
    return [stored.value for stored in desk.context.store.list_protections()]


def plan_of(desk: Desk, entry_id: str) -> Protection:
    stored = desk.context.store.find_protection(entry_id)
    assert stored is not None
    return stored.value


def open_at_exchange(desk: Desk) -> dict[str, Decimal]:
    """Return what is open on the exchange: the kind of order, and what is left of it."""
    return {
        order["type"]: Decimal(order["quantity"]) - Decimal(order["filled_quantity"])
        for order in desk.exchange_orders()
        if order["status"] in OPEN
    }


def kinds(desk: Desk) -> list[EventKind]:
    return [event.kind for event in desk.context.store.read_events("0")]


def enter(desk: Desk, **fields: Any) -> str:
    """Buy with a stop and a target; deliver all that follows; return the entry's id."""
    wish = {"quantity": "0.2", "stop_loss": "90", "take_profit": "110"} | fields
    order = desk.place(**wish)
    desk.deliver()
    return order.client_order_id
