"""End a doubt: the exchange's word, or its silence after the window, settles it.

Never sends anything. "Not placed" is an inference and needs all of: a server time beyond
window, tail and margins; every question asked after that; no trace under any name; no
cancelled order that could be this one; the same account behind the key; and an exchange that
would still know an order of that age.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.domain.end_reason import NOT_PLACED, Reason
from engine.domain.events import Event, EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import ExchangeRefused, Retryable
from engine.execution.booking.fills import book_missing_fills
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.doubt.sighting import Sighting, look_everywhere
from engine.execution.reconciliation import (
    apply_absence,
    apply_rearming,
    apply_refusal,
    apply_report,
)
from engine.execution.schedule import settles_at_ms

#: A person who must settle a doubt is told at once, and again so much later.
TELL_AGAIN_MS = 3_600_000


def resolve_order(
    context: AccountContext, client_order_id: str, lane: Lane = Lane.RESOLVE
) -> OrderStatus:
    """Look for an order in doubt and write down what is certain. Safe at any time."""
    order = context.store.load_order(client_order_id).value
    if not order.is_in_doubt:
        return order.status
    asked_at_ms = context.clock.now_ms()
    try:
        server_time_ms = context.gateway.load_server_time_ms(lane)
        sighting = look_everywhere(context, order, lane)
        if sighting.report is None:
            return _absent(context, order, sighting, server_time_ms, asked_at_ms, lane).status
    except Retryable:
        return order.status  # A look that failed proves nothing; the due set looks again
    except ExchangeRefused as error:
        # Nor does one that the exchange refuses, and asking again alone will not help
        tell_a_person(context, order, f"the exchange does not say what became of it: {error}")
        return order.status
    report = sighting.report
    found = change_order(
        context,
        client_order_id,
        lambda order: apply_report(order, report, context.clock.now_ms()),
        also=[
            tell_of_attempt(context, order, f"found at the exchange as {report.exchange_order_id}")
        ],
    )
    return book_missing_fills(context, found, lane).status


def _absent(
    context: AccountContext,
    order: Order,
    sighting: Sighting,
    server_time_ms: int,
    asked_at_ms: int,
    lane: Lane,
) -> Order:
    heard = order.refused
    if heard is not None and server_time_ms > heard.heard_at_ms + context.timings.query_lag_ms:
        return finalise(context, order, heard.reason)
    deadline_ms = settles_at_ms(order, context.gateway.abilities, context.timings)
    if deadline_ms is None or server_time_ms <= deadline_ms:
        return _count_absence(context, order, asked_at_ms)
    if server_time_ms - (order.signed_at_ms or 0) > context.gateway.abilities.unfilled_kept_ms:
        tell_a_person(context, order, "the exchange no longer knows whether it was ever there")
        return _count_absence(context, order, asked_at_ms)
    if sighting.lookalikes:
        return _keep_for_a_person(context, order, sighting)
    if context.gateway.load_identity(lane) != context.identity:
        context.alarm(f"the key of account {context.name} now opens another account")
        return order
    reason = Reason(
        code=NOT_PLACED,
        message="the exchange never received it: no trace after its window had passed",
        evidence=(
            ("signed_at_ms", str(order.signed_at_ms)),
            ("window_ends_ms", str(deadline_ms)),
            ("server_time_ms", str(server_time_ms)),
            ("looked", "client id, cancel id, open orders, all orders"),
        ),
    )
    return finalise(context, order, reason, apply_rearming if order.is_rearmable else apply_refusal)


def _count_absence(context: AccountContext, order: Order, asked_at_ms: int) -> Order:
    return change_order(
        context, order.client_order_id, lambda order: apply_absence(order, asked_at_ms)
    )


def _keep_for_a_person(context: AccountContext, order: Order, sighting: Sighting) -> Order:
    """Leave the doubt: a cancelled order with the same terms may be this one."""
    names = ", ".join(report.exchange_order_id for report in sighting.lookalikes)
    tell_a_person(context, order, f"cannot tell whether the exchange's order {names} is this one")
    return _count_absence(context, order, context.clock.now_ms())


def tell_a_person(context: AccountContext, order: Order, what: str) -> None:
    """Alarm, once an hour, that nobody but a person can end what is unknown about the order."""
    told = f"settle:{context.identity.slug}:{order.client_order_id}"
    if context.shared.find_cache(told) is None:
        context.shared.put_cache(told, "1", TELL_AGAIN_MS)
        context.alarm(
            f"{what}; settle it with `augustan order settle`",
            client_order_id=order.client_order_id,
            symbol=order.terms.symbol,
        )


def finalise(
    context: AccountContext,
    order: Order,
    reason: Reason,
    end: Callable[[Order, Reason, int], Order] = apply_refusal,
) -> Order:
    """End the attempt that was looked for; a newer one, or news, makes it void."""
    looked_for = (order.status, order.attempt, order.nonce, order.last_event_at_ms)

    def finish(current: Order) -> Order:
        if (current.status, current.attempt, current.nonce, current.last_event_at_ms) != looked_for:
            return current
        return end(current, reason, context.clock.now_ms())

    return change_order(context, order.client_order_id, finish)


def tell_of_attempt(context: AccountContext, order: Order, message: str) -> Event:
    """Return the event that says what ended a doubt."""
    return context.tell(
        EventKind.ATTEMPT,
        message,
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
    )
