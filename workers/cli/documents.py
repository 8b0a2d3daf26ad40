"""What the verbs print, as JSON values: exact numbers as text, times as UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.domain.decimals import plain
from engine.domain.end_reason import Reason
from engine.domain.events import Event
from engine.domain.order import Order
from engine.domain.signal import SignalRecord
from engine.domain.trailing import trigger_price

Document = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(time_ms: int) -> str:
    """Return a time (ms since 1970) as ISO 8601 in UTC; far beyond any calendar: as it is."""
    try:
        moment = _EPOCH + timedelta(milliseconds=time_ms)
    except OverflowError:
        return f"{time_ms} ms"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(value: Decimal | None) -> str | None:
    """Return an exact number as text, without exponent and trailing zeros."""
    return None if value is None else plain(value)


def order_document(order: Order, settles_at_ms: int | None = None) -> Document:
    """Return an order; `settles_at_ms` is when its doubt ends at the latest (exchange time)."""
    terms = order.terms
    return {
        "client_order_id": order.client_order_id,
        "exchange_order_id": order.exchange_order_id,
        "triggered_order_id": order.triggered_order_id,
        "account": order.account,
        "strategy": order.strategy or None,
        "symbol": terms.symbol,
        "side": terms.side.value,
        "type": terms.order_type.value,
        "status": order.status.value,
        "in_doubt": order.is_in_doubt,
        "quantity": number(order.quantity),
        "quote_quantity": number(terms.quote_quantity),
        "filled_quantity": number(order.filled_quantity),
        "average_price": number(order.average_price),
        "price": number(terms.price),
        "trigger_price": number(terms.trigger_price),
        "trailing_rate": number(terms.trailing_rate),
        "activation_price": number(terms.activation_price),
        "time_in_force": terms.time_in_force.value if terms.time_in_force else None,
        "post_only": terms.post_only,
        "reduce_only": terms.reduce_only,
        "close_position": terms.close_position,
        "good_till_ms": terms.good_till_ms,
        "trigger_by": terms.trigger_by.value if terms.order_type.has_trigger else None,
        "cancel_requested": order.cancel_requested_at_ms is not None,
        "is_settled": order.is_settled,
        "pair_with": order.partner_id or order.rival_id or None,
        **_following_fields(order),
        "id": order.request_key,
        **_reason_fields(order.reason),
        **time_fields("created_at", order.created_at_ms),
        **time_fields("valid_until", order.valid_until_ms),
        **time_fields("cancel_at", order.cancel_at_ms),
        **time_fields("settles_at", settles_at_ms if order.is_in_doubt else None),
    }


def _following_fields(order: Order) -> Document:
    """Return what follows the order or what it follows: another order, the price."""
    wish, chase, trail = order.replacement, order.chase, order.trail
    limit = trigger_price(trail, order.terms) if trail else None
    return {
        "replaces": order.replaces or None,
        "replaced_by": order.replaced_by or None,
        "replacement": wish.step.value if wish else None,
        "replacement_note": wish.note or None if wish else None,
        "is_chased": chase is not None and not chase.is_over and not order.is_closed,
        "chase_moves": chase.moves if chase else None,
        "is_watched": order.is_waiting,
        "best_price": number(trail.best_price) if trail else None,
        "goes_off_at": number(limit),
    }


def _reason_fields(reason: Reason | None) -> Document:
    if reason is None:
        return {"reason": None, "code": None, "evidence": {}}
    sentence = f"{reason.code}: {reason.message}" if reason.message else reason.code
    return {"reason": sentence, "code": reason.code, "evidence": dict(reason.evidence)}


def time_fields(name: str, time_ms: int | None) -> Document:
    """Return a time as text and in milliseconds; None stays None."""
    return {name: None if time_ms is None else iso_time(time_ms), f"{name}_ms": time_ms}


def signal_document(
    record: SignalRecord, order: Document | None, *, is_repeat: bool = False
) -> Document:
    """Return a signal and what became of it; `order` is its order, where there is one."""
    wish = record.signal
    code = record.code or None
    return {
        "account": wish.account,
        "symbol": wish.symbol,
        "signal": wish.signal_type.value,
        "stop_price": number(wish.stop_price),
        "position_side": wish.position_side.value,
        "id": wish.key,
        "status": record.status.value,
        "reason": f"{code}: {record.message}" if code and record.message else code,
        "code": code,
        "note": record.message if record.message and not code else None,
        "strategy": wish.strategy or None,
        "is_repeat": is_repeat,
        "client_order_id": record.client_order_id,
        "closing_order_id": record.closing_order_id,
        "order": order,
        **time_fields("created_at", wish.created_at_ms),
        **time_fields("valid_until", wish.valid_until_ms),
    }


def event_document(event: Event) -> Document:
    """Return one line of a timeline."""
    return {
        **time_fields("at", event.at_ms),
        "kind": event.kind.value,
        "message": event.message,
        "details": dict(event.details),
    }
