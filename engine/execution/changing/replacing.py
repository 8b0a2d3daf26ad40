"""Put another order in the place of one: end it, see what it has filled, record the rest.

The wish stands with the order and survives whoever had it. Its successor is an intent of its own,
under a key that follows from the order's id, so that it is recorded once, however often it is
tried. It is recorded only after the order is settled: a trade that races the cancel makes the
successor smaller, never the total larger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.domain.changing import Replacement, ReplacementStep
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.domain.succession import awaits_successor
from engine.errors import ChangeDenied, ExchangeRefused, InvalidRequest, Retryable
from engine.execution.changes import change_order
from engine.execution.changing.succession import (
    WITHDRAWN,
    decide,
    drop,
    form_successor,
    successor_key,
)
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.execution.placing.intake import place_orders
from engine.execution.placing.lost_keys import fence_ms
from engine.execution.placing.naming import order_ids
from engine.execution.placing.surroundings import Surroundings
from engine.risk.brackets import require_bracket
from engine.risk.gate import assess
from engine.risk.instrument_rules import require_valid
from engine.risk.replacing import find_reservation, without


def name_successor(context: AccountContext, order: Order) -> str:
    """Return the client order id of the order in its place."""
    return order_ids(context, successor_key(order.client_order_id), 1)[0]


def replace_with(
    context: AccountContext,
    order: Order,
    wish: Replacement,
    check: Callable[[Order], None],
) -> Order:
    """Ask risk about the successor, write the wish and ask for the order's end.

    `check` raises for an order that may not be replaced any more when the wish is written.
    """
    check_successor(context, order, wish)
    now_ms = context.clock.now_ms()

    def write(current: Order) -> Order:
        known = current.replacement
        if known is not None and known.is_same_wish(wish):
            return current
        check(current)
        return replace(current, replacement=wish, cancel_requested_at_ms=now_ms)

    changed = change_order(context, order.client_order_id, write)
    if not changed.is_closed:
        context.dispatcher.cancel_order(context.name, order.client_order_id)
    return changed


def check_successor(context: AccountContext, order: Order, wish: Replacement) -> None:
    """Raise for a successor that would not be taken, were the order to end as it is now.

    What the order holds is free for its successor. Risk is asked again when that is recorded.
    """
    intent = form_successor(order, wish, wish.quantity - order.filled_quantity)
    book = context.store.load_risk_book()
    seen = Surroundings(context).look(intent, book)
    price = seen.reference_price(intent.side)
    require_valid(intent, seen.instrument, price)
    require_bracket(_guarded(context, order, wish, intent), seen.instrument, price)
    reserved = find_reservation(book, order.client_order_id)
    verdict = assess(intent, without(seen, reserved, intent.leverage or 1))
    if isinstance(verdict, Denied):
        raise ChangeDenied(verdict.message, verdict.code)


def _guarded(
    context: AccountContext, order: Order, wish: Replacement, intent: OrderIntent
) -> OrderIntent:
    """Return all that is wished, with the stop and the target of the plan that guards it."""
    stored = context.store.find_protection(order.protection) if order.protection else None
    if stored is None or stored.value.is_over:
        return intent
    plan = stored.value
    return replace(
        intent, quantity=wish.quantity, stop_loss=plan.stop_price, take_profit=plan.target_price
    )


def record_successor(context: AccountContext, order: Order) -> Order:
    """Record the order in the place of one that has ended, and note it with that one.

    Safe at any time, any number of times; what could not be done the due set brings back.
    """
    if not awaits_successor(order) or not _is_ready(context):
        return order
    return _record(context, change_order(context, order.client_order_id, decide))


def _is_ready(context: AccountContext) -> bool:
    """Tell whether a key can be recorded at once: nobody waits in here for a reconcile or fence."""
    state = context.store.load_state()
    if not state.is_opened or state.is_held:
        context.dispatcher.reconcile(context.name)
        return False
    try:
        context.gateway.warm(Lane.SUBMIT)
        return context.gateway.exchange_now_ms() >= fence_ms(context, state.rebuilt_at_ms)
    except (Retryable, ExchangeRefused):
        return False


def _record(context: AccountContext, order: Order) -> Order:
    wish = order.replacement
    if wish is None or wish.step is not ReplacementStep.DECIDED or wish.decided_quantity is None:
        return order
    if wish.is_withdrawn and context.store.find_order(wish.client_order_id) is None:
        # Recorded and then ended it might trade in between
        return change_order(context, order.client_order_id, lambda one: _drop(one, WITHDRAWN))
    intent = form_successor(order, wish, wish.decided_quantity)
    try:
        place_orders(context, [intent], key=intent.key)
    except InvalidRequest as error:
        note = str(error)
        return change_order(context, order.client_order_id, lambda one: _drop(one, note))
    except Retryable:
        return order
    done = change_order(context, order.client_order_id, _note_recorded)
    if not _is_withdrawn(done):
        return done
    # Its end is wished first: once it is noted nobody would come back for the wish
    request_cancel(context, wish.client_order_id)
    return change_order(context, order.client_order_id, _note)


def _drop(order: Order, note: str) -> Order:
    wish = order.replacement
    if wish is None or wish.is_over:
        return order
    return replace(order, replacement=drop(wish, note))


def _is_withdrawn(order: Order) -> bool:
    return order.replacement is not None and order.replacement.is_withdrawn


def _note_recorded(order: Order) -> Order:
    return order if _is_withdrawn(order) else _note(order)


def _note(order: Order) -> Order:
    wish = order.replacement
    if wish is None or wish.step is ReplacementStep.RECORDED:
        return order
    # Also where another process dropped it: it saw another price, or another balance
    return replace(order, replacement=replace(wish, step=ReplacementStep.RECORDED, note=""))
