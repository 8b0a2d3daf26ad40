"""Orders that follow from a caller's: what guards a position, replaces an order, or flattens. Pure.

Each is an intent of its own: recorded once, so placed at most once, and never without an end.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.order import Order
from workers.chaos.proof import Intent


def own_intents(wanted: Iterable[Intent], orders: Iterable[Order]) -> tuple[Intent, ...]:
    """Return the orders of ours, beyond those wanted, that one of those asks for.

    A leg names its plan, which has its entry's id; a successor names the order before it; a
    flatten order its emergency run. Whatever else we recorded has no reason to exist.
    """
    known = {intent.client_order_id for intent in wanted}
    own: list[Intent] = []
    for order in sorted(orders, key=lambda one: one.created_at_ms):
        if order.client_order_id not in known and _is_asked_for(order, known):
            known.add(order.client_order_id)
            own.append(Intent(account=order.account, client_order_id=order.client_order_id))
    return tuple(own)


def _is_asked_for(order: Order, known: set[str]) -> bool:
    if order.emergency_run:
        return True
    return (order.replaces or order.protection) in known
