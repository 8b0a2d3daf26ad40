"""From what is seen of a plan to its next legs. Pure; asked again and again, it comes to rest.

Where orders can only reduce (contracts), a stop of the right size is placed first and the one
before it ended when the new one works: the position is never bare for a resize. Where an order
locks the coins (spot), all legs are ended first and placed anew together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.order import Order
from engine.domain.order_status import OPEN
from engine.domain.protection import Leg, LegRole, Protection


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The world of one plan at one moment."""

    quantity: Decimal  # Base currency, in steps: what is to be guarded now
    orders: Mapping[str, Order]  # Of its legs, as far as recorded
    overlaps: bool  # Legs only reduce: two of them do no harm
    may_place: bool
    may_place_target: bool = True  # The same for a target beside its stop
    price: Decimal | None  # What a market order to close meets; None: not known
    name: Callable[[str], str]  # The client order id of a key
    now_ms: int


def leg_key(plan_id: str, number: int, role: LegRole) -> str:
    """Return the key of a leg: a repeat after a crash comes to the same order."""
    return f"protect/{plan_id}/{number}/{role}"


def remaining(leg: Leg, order: Order | None) -> Decimal:
    """Return what the leg may still close (base)."""
    if order is None:
        return leg.quantity
    # The order's own word: after the loss of the last writes one of an earlier plan may stand there
    quantity = leg.quantity if order.quantity is None else order.quantity
    with localcontext(EXACT):
        return ZERO if order.is_closed else quantity - order.filled_quantity


def closed_so_far(plan: Protection, orders: Mapping[str, Order]) -> Decimal:
    """Return what all legs have closed (base), those that are over included."""
    live = (orders[leg.client_order_id] for leg in plan.legs if leg.client_order_id in orders)
    with localcontext(EXACT):
        return sum((order.filled_quantity for order in live), plan.closed_quantity)


def guarded_quantity(plan: Protection, orders: Mapping[str, Order]) -> Decimal:
    """Return how much (base) the legs that matter most, and work, would close."""
    with localcontext(EXACT):
        return sum(
            (
                remaining(leg, orders.get(leg.client_order_id))
                for leg in plan.legs
                if leg.role is plan.guard and _works(leg, orders)
            ),
            ZERO,
        )


def next_legs(plan: Protection, seen: Seen) -> Protection:
    """Return the plan with the legs that it should have next."""
    if seen.quantity <= ZERO:
        return plan.with_legs(_leaving(plan.legs))
    if not seen.overlaps:
        return _renew_together(plan, seen)
    for role in LegRole:
        plan = _renew_one(plan, role, seen)
    return plan


def forget_failures(plan: Protection, seen: Seen) -> Protection:
    """Return the plan with those failures forgotten of which an order stands now, as wished.

    An older one that still guards is no proof: the next would be sent, and refused, at once.
    """
    legs = [leg for leg in plan.legs if _works(leg, seen.orders) and _fits(plan, leg, seen)]
    roles = {leg.role for leg in legs if not leg.is_leaving}
    if plan.guard in roles:
        plan = replace(plan, failures=0)
    return replace(plan, target_failures=0) if LegRole.TARGET in roles else plan


def _renew_one(plan: Protection, role: LegRole, seen: Seen) -> Protection:
    """Bring the legs of one role to the size, where two of them do no harm."""
    mine = [leg for leg in plan.legs if leg.role is role]
    stay = [leg for leg in mine if not leg.is_leaving]
    if role not in plan.roles:
        return _end(plan, stay)
    newest = stay[-1] if stay else None
    if newest is not None:
        if _fits(plan, newest, seen):
            return _end(plan, stay[:-1]) if _works(newest, seen.orders) else plan
        if not _works(newest, seen.orders):
            return plan  # Nobody knows yet what becomes of it
        if role is LegRole.TARGET:
            return _end(plan, stay)
    is_free = role is LegRole.STOP or not mine
    may_place = seen.may_place and (role is plan.guard or seen.may_place_target)
    if not is_free or not may_place:
        return plan
    is_market = _is_passed(plan, role, seen)
    return _place(plan, ((role, is_market),), seen)


def _renew_together(plan: Protection, seen: Seen) -> Protection:
    """Bring all legs to the size, where each of them locks what the next one needs."""
    if any(leg.is_leaving for leg in plan.legs):
        return plan.with_legs(_leaving(plan.legs))
    if _is_whole(plan, seen):
        return plan
    if any(not _works(leg, seen.orders) for leg in plan.legs):
        return plan
    if plan.legs:
        return plan.with_legs(_leaving(plan.legs))
    if not seen.may_place:
        return plan
    passed = [role for role in plan.roles if _is_passed(plan, role, seen)]
    wanted = ((passed[0], True),) if passed else tuple((role, False) for role in plan.roles)
    return _place(plan, wanted, seen)


def _is_whole(plan: Protection, seen: Seen) -> bool:
    if not plan.legs or not all(_fits(plan, leg, seen) for leg in plan.legs):
        return False
    return plan.legs[0].is_market or {leg.role for leg in plan.legs} == set(plan.roles)


def _place(plan: Protection, wanted: tuple[tuple[LegRole, bool], ...], seen: Seen) -> Protection:
    number = plan.round + 1
    names = [seen.name(leg_key(plan.plan_id, number, role)) for role, _ in wanted]
    partners = (names[1], names[0]) if len(names) > 1 else ("",)
    legs = tuple(
        Leg(
            client_order_id=name,
            role=role,
            round=number,
            quantity=seen.quantity,
            price=plan.price_of(role),
            is_market=is_market,
            partner_id=partner,
        )
        for name, partner, (role, is_market) in zip(names, partners, wanted, strict=True)
    )
    return replace(plan, round=number, legs=(*plan.legs, *legs))


def _is_passed(plan: Protection, role: LegRole, seen: Seen) -> bool:
    if seen.price is None or plan.is_judged_elsewhere(role):
        return False
    return plan.is_passed(role, seen.price)


def _fits(plan: Protection, leg: Leg, seen: Seen) -> bool:
    """Tell whether the leg has the size, the price and the trigger of now; at market, the size."""
    order = seen.orders.get(leg.client_order_id)
    is_right = leg.is_market or (
        leg.role in plan.roles
        and leg.price == plan.price_of(leg.role)
        and _stands_as_wished(plan, leg, order)
    )
    return is_right and remaining(leg, order) == seen.quantity


def _stands_as_wished(plan: Protection, leg: Leg, order: Order | None) -> bool:
    """Tell whether the leg's order says itself what the plan wants it to be."""
    if order is None:
        return True
    if leg.role is LegRole.TARGET:
        return order.terms.price == leg.price
    return (order.terms.trigger_price, order.terms.trigger_by) == (leg.price, plan.trigger_by)


def _works(leg: Leg, orders: Mapping[str, Order]) -> bool:
    order = orders.get(leg.client_order_id)
    return order is not None and order.status in OPEN


def _leaving(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(replace(leg, is_leaving=True) for leg in legs)


def _end(plan: Protection, legs: Iterable[Leg]) -> Protection:
    ended = {leg.client_order_id for leg in legs}
    return plan.with_legs(
        replace(leg, is_leaving=True) if leg.client_order_id in ended else leg for leg in plan.legs
    )
