"""From risk's verdicts to the group of orders that is recorded. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.order import Order, OrderStatus, Reason
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Denied, Reservation, Verdict
from engine.execution.context import AccountContext
from engine.execution.schedule import RESEND_HINT_MS
from engine.ports import NewGroup
from engine.risk.context import terms_of


def form_group(
    context: AccountContext,
    intents: Sequence[OrderIntent],
    names: tuple[str, ...],
    verdicts: tuple[Verdict, ...],
    key: str,
    digest: str,
) -> NewGroup:
    """Return the group to record: one order for each verdict, and what the approved ones hold."""
    now_ms = context.clock.now_ms()
    orders = tuple(
        _form_order(context, intent, name, verdict, key, names[0], now_ms)
        for intent, name, verdict in zip(intents, names, verdicts, strict=True)
    )
    return NewGroup(
        group_id=names[0],
        request_key=key,
        digest=digest,
        orders=orders,
        reservations=_reservations(names, verdicts),
        next_check_ms=now_ms + RESEND_HINT_MS,
        key_horizon_ms=context.timings.key_horizon_ms,
    )


def _form_order(
    context: AccountContext,
    intent: OrderIntent,
    name: str,
    verdict: Verdict,
    key: str,
    group_id: str,
    now_ms: int,
) -> Order:
    order = Order(
        client_order_id=name,
        request_key=key,
        group_id=group_id,
        account=context.name,
        identity=context.identity,
        terms=verdict.terms if isinstance(verdict, Approved) else terms_of(intent),
        created_at_ms=now_ms,
        valid_until_ms=now_ms + context.timings.order_valid_ms,
        last_event_at_ms=now_ms,
    )
    if isinstance(verdict, Denied):
        reason = Reason(code=verdict.code, message=verdict.message, evidence=verdict.numbers)
        return order.to(OrderStatus.DENIED, reason)
    return order


def _reservations(names: tuple[str, ...], verdicts: tuple[Verdict, ...]) -> tuple[Reservation, ...]:
    return tuple(
        replace(verdict.reservation, client_order_id=name)
        for name, verdict in zip(names, verdicts, strict=True)
        if isinstance(verdict, Approved) and verdict.reservation is not None
    )
