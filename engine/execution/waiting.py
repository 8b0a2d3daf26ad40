"""Wait, in the caller's process, until the workers have brought orders far enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.domain.changing import ReplacementStep
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import Retryable, UnknownOrder
from engine.execution.context import AccountContext
from engine.execution.history import load_orders

#: Between two looks at orders that somebody waits for.
LOOK_EVERY_MS = 20

IsEnough = Callable[[Order], bool]


def await_orders(
    context: AccountContext, orders: Sequence[Order], is_enough: IsEnough
) -> tuple[Order, ...]:
    """Return the orders once each is far enough, or as they are after `place_wait_ms`.

    One patience for all of them: a group waits no longer than an order alone.
    """
    deadline_ms = context.clock.monotonic_ms() + context.timings.place_wait_ms
    known = {order.client_order_id: order for order in orders}
    while waiting := [name for name, order in known.items() if not is_enough(order)]:
        if context.clock.monotonic_ms() >= deadline_ms:
            break
        context.clock.wait(LOOK_EVERY_MS)
        known |= {order.client_order_id: order for order in _look_again(context, waiting)}
    return tuple(known[order.client_order_id] for order in orders)


def await_successor(context: AccountContext, order: Order) -> Order:
    """Return the order that took the place of `order`; `order` itself where none did yet."""
    (ended,) = await_orders(context, [order], is_replaced)
    wish = ended.replacement
    if wish is None or wish.step is not ReplacementStep.RECORDED:
        return ended
    return await_orders(context, load_orders(context, [wish.client_order_id]), is_answered)[0]


def is_replaced(order: Order) -> bool:
    """Tell whether it is known what became of the wish for another order in its place."""
    return order.replacement is None or order.replacement.is_over


def _look_again(context: AccountContext, names: Sequence[str]) -> tuple[Order, ...]:
    """Return the orders as they are now; none when the store is away, or lost one.

    Its absence must not read as a refusal: the orders were recorded, and may be on their way.
    """
    try:
        return context.store.load_orders(names)
    except (Retryable, UnknownOrder):
        return ()


def is_answered(order: Order) -> bool:
    """Tell whether the exchange has the order, or has ended it where it cannot rest."""
    if order.is_waiting:
        return True  # It is ours to watch: the exchange is not asked
    if order.terms.is_immediate:
        return order.is_settled
    return order.status not in {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}


def is_closed(order: Order) -> bool:
    """Tell whether nothing can come of the order any more."""
    return order.is_settled
