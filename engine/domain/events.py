"""What happened, as told to people, dashboards and callbacks. Never the truth itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.domain.changing import ReplacementStep
from engine.domain.decimals import ZERO, plain
from engine.domain.end_reason import SELF_TRADE, TRIGGER_REJECTED
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.rivalry import counted_excess
from engine.domain.succession import was_bounced


class EventKind(StrEnum):
    ORDER_RECORDED = "order_recorded"
    ORDER_CLAIMED = "order_claimed"
    ORDER_CHANGED = "order_changed"  #: Its status moved
    ORDER_FILLED = "order_filled"  #: One fill was booked
    ORDER_SETTLED = "order_settled"  #: Closed, and all its trades are booked
    CANCEL_REQUESTED = "cancel_requested"
    REPLACEMENT = "replacement"  #: What becomes of the wish for another order in its place
    TRIGGERED = "triggered"  #: The price set off a stop that we watch
    ATTEMPT = "attempt"  #: An answer, a doubt or a look that changed no status
    POSITION_UPDATED = "position_updated"
    PORTFOLIO_UPDATED = "portfolio_updated"
    TRADING_STATE = "trading_state"
    EMERGENCY = "emergency"  #: An emergency run took a step; the message says which
    RECONCILED = "reconciled"
    REBUILT = "rebuilt"  #: From the exchange, on an empty store; the details say what is unknown
    SIGNAL_DENIED = "signal_denied"  #: It came to no order; the details say which and why
    STRATEGY_FAILED = "strategy_failed"  #: A run of it; the message says why
    RISK_WARNING = "risk_warning"  #: A limit is nearly reached; the details say which
    PROTECTION_PLACED = "protection_placed"  #: Orders that guard a position are on their way
    PROTECTION_RESIZED = "protection_resized"  #: Others, of its size of now
    PROTECTION_ENDED = "protection_ended"  #: Nothing is left to guard, or a person ended it
    POSITION_UNPROTECTED = "position_unprotected"  #: A stop that should be there is missing
    ALARM = "alarm"  #: A person must look


@dataclass(frozen=True, kw_only=True)
class Event:
    kind: EventKind
    at_ms: int
    client_order_id: str = ""
    symbol: str = ""
    message: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    event_id: str = ""  # Given by the store


def _alarms(before: Order, after: Order) -> Iterator[str]:
    """Yield what a person must hear of the change."""
    if _has_failed_to_stop(after) and not _has_failed_to_stop(before):
        yield f"a trailing stop went off and was not placed: {_why(after)}"
    if after.contradicted and not before.contradicted:
        yield "the exchange knows an order that we had called finished"
    if _was_refused_at_trigger(after) and not _was_refused_at_trigger(before):
        yield f"its trigger was touched, and it was refused: {_why(after)}"
    if _was_kept_from_itself(after) and not _was_kept_from_itself(before):
        yield f"the exchange ended it: {_why(after)}"
    if has_lost_its_place(after) and not has_lost_its_place(before):
        yield describe_lost_place(after)
    if _has_lost_its_successor(before, after) and after.replacement is not None:
        yield f"it was ended for another order, which cannot be placed: {after.replacement.note}"
    if has_traded_late(before, after):
        yield (
            "it traded after it had ended, when what guards its position may have been ended, too;"
            " look at `augustan protections`"
        )
    excess = counted_excess(before, after)
    if excess is not None:
        yield (
            f"it and its rival {after.rival_id} both traded: together {plain(excess)} more than"
            " was wished of either"
        )


def has_traded_late(before: Order, after: Order) -> bool:
    """Tell whether an entry with a plan got a trade after it had been over for all we knew."""
    is_reported = after.reported_filled_quantity > before.reported_filled_quantity
    is_more = is_reported or len(after.fills) > len(before.fills)
    return _is_entry(after) and before.is_settled and is_more


def has_come_back(before: Order, after: Order) -> bool:
    """Tell whether an entry with a plan may bring more after it had been over for all we knew.

    It traded late, or was called denied or not placed and stands after all.
    """
    is_alive = before.is_settled and not after.is_settled
    return has_traded_late(before, after) or (_is_entry(after) and is_alive)


def _is_entry(order: Order) -> bool:
    return order.protection != "" and not order.is_leg


def has_lost_its_place(order: Order) -> bool:
    """Tell whether nothing rests where another order rested and was ended for this one.

    A chase that was refused at its price tries again, or says what it does instead.
    """
    is_refused = order.status in {OrderStatus.DENIED, OrderStatus.REJECTED}
    is_ours = order.cancel_requested_at_ms is not None or was_bounced(order)
    return order.replaces != "" and is_refused and not is_ours


def describe_lost_place(order: Order) -> str:
    return (
        f"order {order.replaces} was ended for it, and it is {order.status}: nothing rests"
        f" there any more. {_why(order)}"
    )


def _has_lost_its_successor(before: Order, after: Order) -> bool:
    """Tell whether the order was settled for another one, and that was given up afterwards."""
    wishes = (before.replacement, after.replacement)
    steps = tuple(wish.step if wish else None for wish in wishes)
    return steps == (ReplacementStep.DECIDED, ReplacementStep.DROPPED)


def _has_failed_to_stop(order: Order) -> bool:
    has_gone_off = order.trail is not None and order.trail.triggered_at_ms is not None
    is_wished = order.cancel_requested_at_ms is not None
    ends = {OrderStatus.DENIED, OrderStatus.REJECTED}
    return has_gone_off and not is_wished and order.status in ends


def describe_change(before: Order, after: Order, now_ms: int) -> tuple[Event, ...]:
    """Return the events of one order change: derived, so no caller can forget one."""
    events: list[Event] = []

    def tell(kind: EventKind, message: str = "", **details: str) -> None:
        events.append(
            Event(
                kind=kind,
                at_ms=now_ms,
                client_order_id=after.client_order_id,
                symbol=after.terms.symbol,
                message=message,
                details=details,
            )
        )

    known = {fill.row_id for fill in before.fills}
    for fill in (fill for fill in after.fills if fill.row_id not in known):
        tell(
            EventKind.ORDER_FILLED,
            trade_id=fill.trade_id,
            quantity=plain(fill.quantity),
            price=plain(fill.price),
        )
    if after.status is not before.status:
        kind = (
            EventKind.ORDER_CLAIMED
            if after.status is OrderStatus.SUBMITTED
            else EventKind.ORDER_CHANGED
        )
        tell(kind, _why(after), before=before.status, after=after.status)
    if after.cancel_requested_at_ms and not before.cancel_requested_at_ms:
        tell(EventKind.CANCEL_REQUESTED)
    if after.replacement is not None and after.replacement != before.replacement:
        wish = after.replacement
        tell(EventKind.REPLACEMENT, wish.note, step=wish.step, successor=wish.client_order_id)
    if after.trail is not None and after.trail.triggered_at_ms and before.is_waiting:
        tell(EventKind.TRIGGERED, best_price=plain(after.trail.best_price or ZERO))
    for message in _alarms(before, after):
        tell(EventKind.ALARM, message)
    if after.is_settled and not before.is_settled:
        tell(EventKind.ORDER_SETTLED, after.status)
    return tuple(events)


def _why(order: Order) -> str:
    return order.reason.message if order.reason else ""


def _was_kept_from_itself(order: Order) -> bool:
    return order.reason is not None and order.reason.code == SELF_TRADE


def _was_refused_at_trigger(order: Order) -> bool:
    return order.reason is not None and order.reason.code == TRIGGER_REJECTED
