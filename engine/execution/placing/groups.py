"""From risk's verdicts to the group of orders that is recorded. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from engine.domain.changing import Trail
from engine.domain.end_reason import Reason
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.protection import Protection
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Denied, Reservation, Verdict
from engine.errors import InvalidGroup, InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.schedule import RESEND_HINT_MS
from engine.ports import NewGroup
from engine.risk.context import terms_of

Wish = TypeVar("Wish")
Checked = TypeVar("Checked")

#: Twenty seconds at an exchange that takes a hundred orders in ten: all are sent well within the
#: time that they are valid for, and one record of so many holds Redis for a few milliseconds.
MOST_ORDERS = 200


def check_each(wishes: Sequence[Wish], check: Callable[[Wish], Checked]) -> tuple[Checked, ...]:
    """Return what `check` makes of every wish.

    Raises InvalidRequest for a single one that is no order, InvalidGroup with all that are wrong
    for one of several.
    """
    checked: list[Checked] = []
    faults: dict[int, str] = {}
    for number, wish in enumerate(wishes, start=1):
        try:
            checked.append(check(wish))
        except InvalidRequest as error:
            if len(wishes) == 1:
                raise
            faults[number] = str(error)
    if faults:
        raise InvalidGroup(faults)
    return tuple(checked)


def check_size(wishes: Sequence[object]) -> None:
    """Raise InvalidRequest for an empty group, and for one that is too large to be one."""
    if not wishes:
        raise InvalidRequest("orders is empty; name at least one.")
    if len(wishes) > MOST_ORDERS:
        raise InvalidRequest(
            f"orders has {len(wishes)} members; a group has at most {MOST_ORDERS}."
        )


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
        protections=tuple(_protections(context, intents, orders)),
        check_in_ms=RESEND_HINT_MS,
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
        strategy=intent.strategy,
        identity=context.identity,
        terms=verdict.terms if isinstance(verdict, Approved) else terms_of(intent),
        replaces=intent.replaces,
        chase=intent.chase,
        cancel_at_ms=intent.cancel_at_ms,
        trail=_first_trail(context, intent),
        created_at_ms=now_ms,
        valid_until_ms=now_ms + context.timings.order_valid_ms,
        last_event_at_ms=now_ms,
        protection=name if intent.is_bracket else intent.protection,
    )
    if isinstance(verdict, Denied):
        reason = Reason(code=verdict.code, message=verdict.message, evidence=verdict.numbers)
        return order.to(OrderStatus.DENIED, reason)
    return order


def _first_trail(context: AccountContext, intent: OrderIntent) -> Trail | None:
    """Return what a trailing stop begins with that the exchange does not watch for us."""
    is_watched = intent.order_type is OrderType.TRAILING_STOP
    return Trail() if is_watched and not context.gateway.abilities.trails else None


def _protections(
    context: AccountContext, intents: Sequence[OrderIntent], orders: Sequence[Order]
) -> Iterator[Protection]:
    """Return the plans that stand guard over what the approved entries fill."""
    for intent, order in zip(intents, orders, strict=True):
        if intent.is_bracket and order.status is not OrderStatus.DENIED:
            yield Protection(
                plan_id=order.protection,
                account=context.name,
                position=order.terms.position,
                side=intent.side,
                entry_id=order.client_order_id,
                stop_price=intent.stop_loss,
                target_price=intent.take_profit,
                trigger_by=context.protection.trigger_for(intent.symbol, intent.stop_trigger_by),
                strategy=intent.strategy,
                created_at_ms=order.created_at_ms,
            )


def _reservations(names: tuple[str, ...], verdicts: tuple[Verdict, ...]) -> tuple[Reservation, ...]:
    return tuple(
        replace(verdict.reservation, client_order_id=name)
        for name, verdict in zip(names, verdicts, strict=True)
        if isinstance(verdict, Approved) and verdict.reservation is not None
    )
