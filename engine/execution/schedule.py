"""When to look at an order next, and until when it may stay in doubt. Pure."""

from __future__ import annotations

from engine.config import ExecutionSettings
from engine.domain.order import OPEN, Order, OrderStatus
from engine.ports import Abilities

#: A recorded order whose message was lost is handed to a worker again after this.
RESEND_HINT_MS = 2_000
#: Trades of a finished order show up late; the look for them is frequent and short.
UNSETTLED_CHECK_MS = 500
#: No order is looked at more rarely, however old it is.
SLOWEST_CHECK_MS = 30_000


def next_check_ms(order: Order, now_ms: int, timings: ExecutionSettings) -> int | None:
    """Return when the due set looks at the order again (our clock); None when it is settled."""
    if order.is_settled:
        return None
    if order.status is OrderStatus.INITIALIZED:
        return now_ms + RESEND_HINT_MS
    if order.is_closed:
        return now_ms + _stretched(UNSETTLED_CHECK_MS, order, now_ms)
    if order.status in OPEN:
        return now_ms + timings.order_check_ms
    return now_ms + _stretched(timings.in_doubt_check_ms, order, now_ms)


def _stretched(interval_ms: int, order: Order, now_ms: int) -> int:
    """Wait a tenth of the silence so far, within bounds: quick at first, patient later."""
    silence_ms = max(0, now_ms - order.last_event_at_ms)
    return max(interval_ms, min(silence_ms // 10, SLOWEST_CHECK_MS))


def settles_at_ms(order: Order, abilities: Abilities, timings: ExecutionSettings) -> int | None:
    """Return the exchange time after which absence shows that the order never arrived.

    The signature was refused from `signed_at + recv_window` on; the engine's tail, the error
    of the clocks and a margin come on top. None: the venue gives no such ground, and only a
    person can end the doubt.
    """
    if abilities.expiry_parameter is None or order.signed_at_ms is None:
        return None
    margin_ms = timings.engine_tail_ms + timings.clock_margin_ms + timings.not_placed_margin_ms
    return order.signed_at_ms + order.recv_window_ms + margin_ms
