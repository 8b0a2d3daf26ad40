"""From a stored signal to its order, once."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.events import Event, EventKind
from engine.domain.order import Order
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.placing.intake import place_orders
from engine.execution.protection.making_room import make_room
from engine.execution.signalling.closing import (
    all_denied,
    describe_close,
    foresee_denial,
    is_recorded,
    split_close,
)
from engine.execution.signalling.reversing import reverse
from engine.execution.signalling.signal_sides import intent_of, settle_side
from engine.ports import Clock, Dispatcher, Store
from engine.risk.signals import KEY_PREFIX
from engine.risk.sizing import allowed_budget

#: A signal's own message has so long before the sweep asks again.
OVERDUE_MS = 3_000
MOST_SIGNALS = 500


def hand_over_waiting(store: Store, dispatcher: Dispatcher, clock: Clock) -> int:
    """Ask again for signals that nobody acted on; return how many."""
    now_ms = clock.now_ms()
    overdue = store.list_waiting_signals(now_ms - OVERDUE_MS, MOST_SIGNALS)
    for signal_id in overdue:
        record = store.find_signal(signal_id)
        if record is None:
            store.forget_signal(signal_id)
        elif _is_over(record, now_ms) and not _is_under_way(store, record):
            _give_up(store, signal_id, _too_late(record), now_ms)
        else:
            dispatcher.process_signal(record.signal.account, signal_id)
    return len(overdue)


def _give_up(store: Store, signal_id: str, record: SignalRecord, now_ms: int) -> None:
    identity = store.find_identity(record.signal.account)
    if identity is not None:  # Else nobody ever opened the account, and nobody hears of it
        store.account(identity).emit([describe_denial(record, now_ms)])
    store.save_signal(signal_id, record, only_new=False)


def _is_over(record: SignalRecord, now_ms: int) -> bool:
    return now_ms > record.signal.valid_until_ms + OVERDUE_MS


def _is_under_way(store: Store, record: SignalRecord) -> bool:
    """Tell whether somebody was cut off after an order of the signal was recorded.

    That order is what became of it; of half a REVERSE risk says what becomes of the rest.
    """
    if record.closing_order_id is not None:
        return True
    identity = store.find_identity(record.signal.account)
    if identity is None:
        return False
    return store.account(identity).find_request(KEY_PREFIX + record.signal.key, "") is not None


def _too_late(record: SignalRecord) -> SignalRecord:
    """End a signal that nobody could act on, e.g. of an account that is not configured now."""
    message = "nobody could act on the signal while it was valid"
    return _denied(record, "STALE_SIGNAL", message)


def describe_denial(record: SignalRecord, now_ms: int) -> Event:
    """Return what callers are told of a signal that came to no order. Pure."""
    return Event(
        kind=EventKind.SIGNAL_DENIED,
        at_ms=now_ms,
        symbol=record.signal.symbol,
        message=record.message,
        details={"signal": record.signal.key, "code": record.code},
    )


def process_signal(context: AccountContext, signal_id: str) -> str:
    """Turn the signal into a recorded order; the same signal again gives the same order."""
    record = context.shared.find_signal(signal_id)
    if record is None:
        return "unknown"
    if record.status is SignalStatus.RECEIVED:
        record = _act(context, signal_id, record)
        if record.status is SignalStatus.DENIED and record.client_order_id is None:
            # Before the record: cut off in between, it is told twice and not never
            context.store.emit([describe_denial(record, context.clock.now_ms())])
        context.shared.save_signal(signal_id, record, only_new=False)
    return record.status


def _act(context: AccountContext, signal_id: str, record: SignalRecord) -> SignalRecord:
    try:
        record = _settle(context, signal_id, record)
        if _may_close(record) and not is_recorded(context, record.signal):
            denied = foresee_denial(context, record.signal)
            if denied is not None:
                return _denied(record, denied.code, denied.message)
            if not make_room(context, record.signal.symbol):
                return record  # Looked at again, when the orders that lock the coins have ended
        if record.signal.signal_type is SignalType.REVERSE:
            return reverse(context, record, orders_for)
        orders = orders_for(context, record.signal)
    except InvalidRequest as error:
        return _denied(record, error.code, str(error))
    order = orders[0]
    if not all_denied(orders) or order.reason is None:
        return replace(
            record,
            status=SignalStatus.ORDERED,
            client_order_id=order.client_order_id,
            message=describe_close(context, orders),
        )
    record = replace(record, client_order_id=order.client_order_id)
    return _denied(record, order.reason.code, order.reason.message)


def _denied(record: SignalRecord, code: str, message: str) -> SignalRecord:
    return replace(record, status=SignalStatus.DENIED, code=code, message=message)


def _may_close(record: SignalRecord) -> bool:
    """Tell whether the signal closes a position: on spot SHORT does, too."""
    return record.closing_order_id is None and record.signal.signal_type is not SignalType.LONG


def _settle(context: AccountContext, signal_id: str, record: SignalRecord) -> SignalRecord:
    """Write down which position is meant before anything is done: what is held then changes."""
    if record.closing_order_id is not None:
        return record  # Half is done, and another mode of the account must not part the halves
    settled = settle_side(context, record.signal)
    if settled == record.signal:
        return record
    record = replace(record, signal=settled)
    context.shared.save_signal(signal_id, record, only_new=False)
    return record


def orders_for(context: AccountContext, signal: Signal) -> tuple[Order, ...]:
    """Record the order that a signal asks for, or the several that its close needs."""
    intent = intent_of(context, signal)
    intents = split_close(context, intent, signal)
    return place_orders(within_budget(context, signal), intents, key=intent.key, signal=signal)


def within_budget(context: AccountContext, signal: Signal) -> AccountContext:
    """Return the account with the signal's own budget, if it has one."""
    if signal.budget is None:
        return context
    budget = allowed_budget(signal.budget, context.risk.default_budget, is_paper=context.is_paper)
    return replace(context, risk=context.risk.model_copy(update={"default_budget": budget}))
