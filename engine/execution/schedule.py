"""When to look at an order next, and until when it may stay in doubt. Pure."""

from __future__ import annotations

from engine.config import ExecutionSettings
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.rivalry import awaits_comparison
from engine.domain.succession import awaits_successor
from engine.domain.watched import Watched
from engine.ports import Abilities

#: A recorded order whose message was lost is handed to a worker again after this.
RESEND_HINT_MS = 2_000
#: A doubt can end a moment after its margins are over: the exchange must have said a later time.
END_HINT_MS = 50
#: Trades of a finished order show up late; the look for them is frequent and short.
UNSETTLED_CHECK_MS = 500
#: No order is looked at more rarely, however old it is.
SLOWEST_CHECK_MS = 30_000
#: What cannot be seen is asked for after waits that double up to this.
LONGEST_WAIT_MS = 60_000
#: No look is planned for later, whatever the exchange forbids.
LONGEST_PLAN_MS = 1_800_000
#: An order is most likely to trade soon after it was placed: from these ages on, the looks of an
#: account whose orders are all older are so many times rarer.
AGES: tuple[tuple[int, int], ...] = ((86_400_000, 5), (600_000, 2))


def check_in_ms(order: Order, now_ms: int, timings: ExecutionSettings) -> int | None:
    """Return how long until the due set looks at the order again; None when it is settled.

    It is a duration because the due set has a clock of its own. `now_ms`: ours.
    """
    if order.is_settled:
        is_left = awaits_successor(order) or awaits_comparison(order)
        return RESEND_HINT_MS if is_left else None
    if order.is_followed:
        return by_tick_ms(timings.follow_interval_ms, timings)
    if order.status is OrderStatus.INITIALIZED:
        return RESEND_HINT_MS
    if order.is_closed:
        return _patience_ms(UNSETTLED_CHECK_MS, now_ms - order.last_event_at_ms)
    if order.status in OPEN:
        return timings.order_check_ms
    return _doubt_in_ms(order.last_event_at_ms, order.signature_ends_ms, now_ms, timings)


def _doubt_in_ms(
    since_ms: int, signature_ends_ms: int | None, now_ms: int, timings: ExecutionSettings
) -> int:
    """Return how long not to look for an order in doubt: ever longer, until the doubt can end.

    The exchange's clock is taken for ours here: where they differ, the look comes at another
    moment, and the usual ones end the doubt.
    """
    patience_ms = _patience_ms(timings.in_doubt_check_ms, now_ms - since_ms)
    if signature_ends_ms is None:
        return patience_ms
    ends_in_ms = signature_ends_ms + _after_window_ms(timings) + END_HINT_MS - now_ms
    return ends_in_ms if 0 < ends_in_ms < patience_ms else patience_ms


def _patience_ms(interval_ms: int, silence_ms: int) -> int:
    """Wait a tenth of the silence so far, within bounds: quick at first, patient later.

    Nobody may be there to carry the messages out, or the exchange; they must not pile up.
    """
    return max(interval_ms, min(silence_ms // 10, SLOWEST_CHECK_MS))


def look_interval_ms(age_ms: int, timings: ExecutionSettings, *, is_live: bool) -> int:
    """Return the time between two looks at open orders of which the youngest is so old."""
    if is_live:
        return max(timings.stream_check_ms, timings.order_check_ms)
    times = next((times for oldest_ms, times in AGES if age_ms >= oldest_ms), 1)
    return timings.order_check_ms * times


def by_tick_ms(interval_ms: int, timings: ExecutionSettings) -> int:
    """Return when to be due, so that the tick nearest to the end of the interval finds it due.

    Ticks come early and late by a little: what is due at the very end would often miss its tick
    and wait for another one.
    """
    return max(interval_ms - timings.monitor_interval_ms // 2, interval_ms // 2)


def wait_ms(tries: int, first_ms: int) -> int:
    """Return how long to leave alone what could not be seen so often in a row."""
    longest_ms = max(LONGEST_WAIT_MS, first_ms)
    return min(first_ms << min(tries, 20), longest_ms)


def back_in_ms(entry: Watched, now_ms: int, timings: ExecutionSettings) -> int:
    """Return how long until the due set brings an order back that a sweep has done its part for.

    An open order is then covered by the account's looks: its own time is only the safety net.
    """
    if entry.is_followed:
        return by_tick_ms(timings.follow_interval_ms, timings)
    if entry.status is OrderStatus.INITIALIZED:
        return RESEND_HINT_MS
    if entry.is_in_doubt:
        return _doubt_in_ms(entry.last_event_at_ms, entry.signature_ends_ms, now_ms, timings)
    if entry.is_closed or entry.lacks_trades:
        return _patience_ms(UNSETTLED_CHECK_MS, now_ms - entry.last_event_at_ms)
    if entry.cancel_requested_at_ms is not None:
        return _patience_ms(RESEND_HINT_MS, now_ms - entry.cancel_requested_at_ms)
    if entry.rival_id and entry.has_moved:  # A message to end its rival may be lost
        return _patience_ms(RESEND_HINT_MS, now_ms - entry.last_event_at_ms)
    return SLOWEST_CHECK_MS


def settles_at_ms(order: Order, abilities: Abilities, timings: ExecutionSettings) -> int | None:
    """Return the exchange time after which absence shows that the order never arrived.

    The signature was refused from `signed_at + recv_window` on; the engine's tail, the error
    of the clocks and a margin come on top. None: the venue gives no such ground, and only a
    person can end the doubt.
    """
    ends_ms = order.signature_ends_ms
    if abilities.expiry_parameter is None or ends_ms is None:
        return None
    return ends_ms + _after_window_ms(timings)


def _after_window_ms(timings: ExecutionSettings) -> int:
    return timings.engine_tail_ms + timings.clock_margin_ms + timings.not_placed_margin_ms
