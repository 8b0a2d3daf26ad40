"""Bring the orders that guard an account's positions to the size of what they guard.

Asked for by every fill and by beat, safe to run at any time and twice at once. A plan is written
before the legs that it names are recorded; whoever looks next records those that are missing,
under ids that repeat. So a crash anywhere in here only delays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.config import MissingAction
from engine.domain.decimals import ZERO, plain
from engine.domain.ended_legs import drop_ended
from engine.domain.events import Event, EventKind
from engine.domain.order import Order
from engine.domain.protection import Leg, Protection, ProtectionState
from engine.domain.protection_step import (
    closed_so_far,
    forget_failures,
    guarded_quantity,
    next_legs,
)
from engine.errors import ConcurrentChange
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel
from engine.execution.protection.protection_legs import record_legs
from engine.execution.protection.protection_view import View, load_entries, look_at_plans
from engine.execution.protection.reopening import reopen_plan
from engine.ports import Store, Versioned

#: Writers of a plan are few: a task, the sweep, a person. More means a defect.
MOST_TRIES = 20


def is_protection_due(shared: Store, account: str) -> bool:
    """Tell, without asking the exchange anything, whether the account has plans to look at."""
    identity = shared.find_identity(account)
    return identity is not None and bool(shared.account(identity).list_protections())


def protect_account(context: AccountContext) -> int:
    """Look at every plan that is not over, and do what it lacks; return how many there are."""
    for _ in range(MOST_TRIES):
        plans = context.store.list_protections()
        if not plans:
            return 0
        view = look_at_plans(context, plans)
        if all([_bring_forward(context, stored, view) for stored in plans]):
            return len(plans)
    raise ConcurrentChange("the plans of protection changed all the time; the sweep goes on")


def _bring_forward(context: AccountContext, stored: Versioned[Protection], view: View) -> bool:
    """Take the plan's next step; False when somebody else wrote it meanwhile."""
    before = stored.value
    if before.symbol not in view.instruments:
        return True  # Without its rules nothing is known to be too little, or right
    plan = _end_pause(drop_ended(before, view.orders, view.now_ms), view)
    seen = view.seen(plan)
    plan = forget_failures(next_legs(plan, seen), seen)
    plan, events = _watch(context, plan, view)
    plan, ended = _end_if_over(context, plan, view)
    if plan != before:
        refused = _tell_refused(context, before, plan)
        told = [*_tell_legs(context, before, plan), *refused, *events, *ended]
        if not context.store.save_protection(stored.version, plan, told):
            return False
        if plan.state is ProtectionState.DONE and _has_moved_on(context, plan, view):
            return False
    _carry_out(context, plan, view)
    return True


def _has_moved_on(context: AccountContext, plan: Protection, view: View) -> bool:
    """Take the plan up again whose entry changed between the look and the write that ended it.

    Who changed the entry before that write saw an open plan, and left it as it was.
    """
    entries = load_entries(context, plan)
    if not entries or entries == view.entries[plan.plan_id]:
        return False
    reopen_plan(context, entries[-1])
    return True


def _end_pause(plan: Protection, view: View) -> Protection:
    """End a pause when what it was for is closed: what is entered from then on is guarded."""
    is_over = plan.is_paused(view.now_ms) and view.wanted(plan) <= ZERO
    return replace(plan, paused_until_ms=0) if is_over else plan


def _carry_out(context: AccountContext, plan: Protection, view: View) -> None:
    """Do what the written plan says: record what is not recorded, end what is to leave."""
    missing = [leg for leg in plan.legs if leg.client_order_id not in view.orders]
    for legs in _lists(missing):
        record_legs(context, plan, legs)
    for leg in plan.legs:
        if leg.is_leaving and leg not in missing:
            _wish_end(context, view.orders[leg.client_order_id])
    # A position that is on its way out must not grow
    if closed_so_far(plan, view.orders) > ZERO:
        for entry in view.entries[plan.plan_id]:
            _wish_end(context, entry)


def _lists(legs: Sequence[Leg]) -> Iterable[tuple[Leg, ...]]:
    """Return the legs by what is recorded together: partners in one list, others alone."""
    done: set[str] = set()
    for leg in legs:
        if leg.client_order_id in done:
            continue
        together = tuple(one for one in legs if one is leg or one.client_order_id == leg.partner_id)
        done |= {one.client_order_id for one in together}
        yield together


def _wish_end(context: AccountContext, order: Order) -> None:
    if not order.is_closed and order.cancel_requested_at_ms is None:
        request_cancel(context, order.client_order_id)


def _watch(context: AccountContext, plan: Protection, view: View) -> tuple[Protection, list[Event]]:
    """Note since when the position is bare; tell a person when it lasts."""
    wanted = view.wanted(plan)
    if plan.state is not ProtectionState.ACTIVE or wanted <= guarded_quantity(plan, view.orders):
        return replace(plan, bare_since_ms=0, is_alarmed=False), []
    plan = replace(plan, bare_since_ms=plan.bare_since_ms or view.now_ms)
    bare_ms = view.now_ms - plan.bare_since_ms
    is_known = plan.is_alarmed or plan.is_paused(view.now_ms) or view.is_emergency
    if is_known or bare_ms < context.protection.alarm_after_ms:
        return plan, []
    message = (
        f"{plain(wanted)} of {plan.position} have been without their {plan.guard} order for"
        f" {bare_ms} ms{f': {plan.note}' if plan.note else ''}"
    )
    return replace(plan, is_alarmed=True), unprotected_events(context, plan.symbol, message)


def unprotected_events(context: AccountContext, symbol: str, message: str) -> list[Event]:
    """Return what tells programs and people that a position is not protected."""
    kinds = (EventKind.POSITION_UNPROTECTED, EventKind.ALARM)
    return [context.tell(kind, message, symbol=symbol) for kind in kinds]


def _end_if_over(
    context: AccountContext, plan: Protection, view: View
) -> tuple[Protection, list[Event]]:
    """End a plan that has nothing left to guard and no leg that may still trade."""
    is_ending = plan.state is ProtectionState.ENDING
    if plan.legs or view.wanted(plan) > ZERO or not (is_ending or view.is_entry_over(plan)):
        return plan, []
    state = ProtectionState.ENDED if is_ending else ProtectionState.DONE
    note = view.leftover(plan)
    message = f"nothing is left to guard of {plan.position}{f': {note}' if note else ''}"
    event = context.tell(
        EventKind.PROTECTION_ENDED, message, client_order_id=plan.entry_id, symbol=plan.symbol
    )
    return replace(plan, state=state, note=note), [event]


def _tell_legs(context: AccountContext, before: Protection, after: Protection) -> list[Event]:
    fresh = [leg for leg in after.legs if before.find_leg(leg.client_order_id) is None]
    if not fresh:
        return []
    is_first = before.round == 0
    kind = EventKind.PROTECTION_PLACED if is_first else EventKind.PROTECTION_RESIZED
    words = ", ".join(_describe(after, leg) for leg in fresh)
    message = f"{plain(fresh[0].quantity)} of {after.position}: {words}"
    return [context.tell(kind, message, client_order_id=after.entry_id, symbol=after.symbol)]


def _tell_refused(context: AccountContext, before: Protection, after: Protection) -> list[Event]:
    """Tell once of a target that stays missing beside its stop: nothing is bare for that."""
    is_left = context.protection.on_missing is MissingAction.ALARM
    enough = 1 if is_left else 2  # The first may have met a price that has moved
    if not before.target_failures < enough <= after.target_failures:
        return []
    message = f"{after.position} has no target order: {after.note}"
    return [context.tell(EventKind.ALARM, message, symbol=after.symbol)]


def _describe(plan: Protection, leg: Leg) -> str:
    where = "at market, its price was passed" if leg.is_market else f"at {_price(plan, leg)}"
    return f"{leg.role} {where} ({leg.client_order_id})"


def _price(plan: Protection, leg: Leg) -> str:
    return plain(plan.price_of(leg.role))
