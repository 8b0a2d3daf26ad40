"""Before the end: wait until every position that shall be guarded is, and nothing else is."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import chain

from engine.domain.lanes import Lane
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.protection import ProtectionState
from engine.errors import EngineError, InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.execution.protection.protection_wishes import end_protection
from engine.ports import OrderFilter
from workers.chaos.guards import Guards, Seen, check_guards
from workers.chaos.sides import MARKETS
from workers.demo.books import load_books
from workers.demo.exchange_ledger import load_ledger
from workers.demo.market import UID

log = logging.getLogger(__name__)

#: How long it may take until all is guarded, once nothing goes wrong any more: what was refused
#: again and again is tried anew after a minute.
GUARD_S = 400.0
LOOK_EVERY_S = 0.5
#: What was recorded is sent before it is canceled, if that takes no longer.
SEND_S = 45.0
#: A cancel that is lost on the way is repeated by the sweeps; asking again costs little.
CANCEL_EVERY_S = 10.0
#: Fills and orders that are read: more than any run makes.
MOST_ROWS = 1_000_000


def await_guarded(contexts: Sequence[AccountContext], paper_url: str) -> Guards:
    """End what the callers have resting, and wait until the guards are right; say what is not."""
    deadline_s = time.monotonic() + GUARD_S
    found = [_await_account(context, paper_url, deadline_s) for context in contexts]
    return Guards(
        unprotected=tuple(chain.from_iterable(one.unprotected for one in found)),
        outliving=tuple(chain.from_iterable(one.outliving for one in found)),
    )


def end_plans(context: AccountContext) -> None:
    """Ask for the end of every plan that lives."""
    for stored in context.store.list_protections():
        if stored.value.state is ProtectionState.ACTIVE:
            try:
                end_protection(context, stored.value.plan_id)
            except InvalidRequest:
                log.info("plan %s is over already", stored.value.plan_id)


def _await_account(context: AccountContext, paper_url: str, deadline_s: float) -> Guards:
    next_cancel_s, patient_until_s = 0.0, time.monotonic() + SEND_S
    while True:
        now_s = time.monotonic()
        is_late = now_s >= deadline_s
        try:
            if now_s >= next_cancel_s and (
                now_s >= patient_until_s or not _is_any_on_its_way(context)
            ):
                next_cancel_s = now_s + CANCEL_EVERY_S
                _end_callers_orders(context)
            if is_late or _is_calm(context):
                guards = _look(context, paper_url)
                if guards.holds or is_late:
                    return guards
                log.info("%s is not guarded yet: %s", context.name, guards)
        except EngineError as error:  # A server that was killed last is just coming back
            log.info("not guarded: %s", error)
            if is_late:
                return Guards(unprotected=(f"{context.name}: {error}",))
        time.sleep(LOOK_EVERY_S)


def _end_callers_orders(context: AccountContext) -> None:
    for order in context.store.list_orders(OrderFilter.ACTIVE):
        if not order.is_leg:
            request_cancel(context, order.client_order_id)


def _is_any_on_its_way(context: AccountContext) -> bool:
    """Tell whether orders are on their way to the exchange, or wait for it."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    unsent = {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}
    return any(order.status in unsent and not order.is_waiting for order in active)


def _is_calm(context: AccountContext) -> bool:
    """Tell whether only legs are left, and every one of them works."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    return all(order.is_leg and order.status in OPEN for order in active)


def _look(context: AccountContext, paper_url: str) -> Guards:
    market = MARKETS[context.name]
    plans = [stored.value for stored in context.store.list_protections()]
    seen = Seen(
        plans=[plan for plan in plans if plan.state is ProtectionState.ACTIVE],
        orders=load_books(context, MOST_ROWS).orders,
        working=market.working(load_ledger(paper_url, market.name), UID),
        rules=context.gateway.index_instruments(Lane.MARKET_DATA),
    )
    return check_guards(seen)
