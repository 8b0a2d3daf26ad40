"""The one way an order's record changes: load, apply a pure function, commit, tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.domain.events import Event, describe_change, has_come_back
from engine.domain.order import Order
from engine.domain.rivalry import is_news_for_rival
from engine.domain.succession import awaits_successor
from engine.errors import ConcurrentChange
from engine.execution.booking.balance_rows import touched_symbols
from engine.execution.completing.completion import publish_outbox
from engine.execution.context import AccountContext
from engine.execution.protection.reopening import reopen_plan
from engine.execution.schedule import check_in_ms
from engine.ports import Versioned

#: Writers of one order are few (a task, a sweep, the stream): more means a defect.
MOST_TRIES = 20


def change_order(
    context: AccountContext,
    client_order_id: str,
    apply: Callable[[Order], Order],
    *,
    also: Sequence[Event] = (),
    known: Versioned[Order] | None = None,
    is_held_back: bool = False,
) -> Order:
    """Apply a pure change to the stored order and return the result.

    Somebody else's change in between is no failure: the function is applied again to what
    they wrote. It must therefore depend on nothing but its argument. `known` spares the first
    look to a caller who has just loaded the order. `is_held_back`: AccountHeld on a held account.
    """
    for _ in range(MOST_TRIES):
        stored, known = known or context.store.load_order(client_order_id), None
        before, after = stored.value, apply(stored.value)
        if after == before and not also:
            return before
        now_ms = context.clock.now_ms()
        try:
            context.store.commit(
                stored.version,
                after,
                events=(*describe_change(before, after, now_ms), *also),
                check_in_ms=check_in_ms(after, now_ms, context.timings),
                is_held_back=is_held_back,
            )
        except ConcurrentChange:
            continue
        follow_up(context, before, after)
        return after
    raise ConcurrentChange(f"{client_order_id} changed {MOST_TRIES} times while we tried to")


def follow_up(context: AccountContext, before: Order, after: Order) -> None:
    """Hasten what the commit made due. The sweeps find it too, only later."""
    has_new_fills = len(after.fills) > len(before.fills)
    if after.is_settled and (has_new_fills or not before.is_settled):
        publish_outbox(context)
    elif has_new_fills:
        for symbol in sorted(touched_symbols(after.fills)):
            context.dispatcher.update_position(context.name, symbol)
    if awaits_successor(after):
        context.dispatcher.replace_order(context.name, after.client_order_id)
    if after.cancel_requested_at_ms and before.is_in_doubt and not after.is_in_doubt:
        context.dispatcher.cancel_order(context.name, after.client_order_id)
    if is_news_for_rival(before, after):
        context.dispatcher.cancel_order(context.name, after.rival_id)
    if has_come_back(before, after):
        reopen_plan(context, after)
    if after.protection and (has_new_fills or after.status is not before.status):
        context.dispatcher.protect(context.name)
    if after.is_closed and not before.is_closed:
        context.gateway.forget_balances()  # What it held has come free; that nobody waits for
