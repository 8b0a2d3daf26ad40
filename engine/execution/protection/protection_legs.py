"""The orders of a plan of protection: their terms, and their record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.derivative import side_of
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.protection import Leg, LegRole, Protection
from engine.domain.protection_step import leg_key
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved
from engine.errors import ConcurrentChange
from engine.execution.context import AccountContext
from engine.execution.placing.groups import form_group
from engine.execution.placing.handing_over import hand_over
from engine.execution.placing.lost_keys import is_free
from engine.execution.placing.naming import digest_of
from engine.ports import NewGroup, RecordOutcome
from engine.risk.book import is_spot

#: Others may win the race for the risk version so often; each winner made progress.
MOST_TRIES = 200


def leg_terms(plan: Protection, leg: Leg) -> OrderTerms:
    """Return what is asked of the exchange. A contract's leg can only reduce."""
    is_contract = not is_spot(plan.symbol)
    terms = OrderTerms(
        symbol=plan.symbol,
        side=plan.closing_side,
        order_type=OrderType.MARKET,
        quantity=leg.quantity,
        reduce_only=is_contract,
        position_side=side_of(plan.position),
    )
    if leg.is_market:
        return terms
    if leg.role is LegRole.STOP:
        stop = replace(terms, order_type=OrderType.STOP, trigger_price=plan.stop_price)
        return replace(stop, trigger_by=plan.trigger_by)
    is_listed = leg.partner_id != ""  # A list takes a limit order that only makes
    return replace(terms, order_type=OrderType.LIMIT, price=plan.target_price, post_only=is_listed)


def record_legs(context: AccountContext, plan: Protection, legs: Sequence[Leg]) -> None:
    """Record the legs of one list, or a leg alone, and hand them to the workers.

    Nobody is asked for their risk: they stand against a position that was approved, they reserve
    nothing, and their claim still obeys the trading state. A repeat changes nothing. Where a loss
    of the store may have taken the very same legs, they wait for what the exchange knows.
    """
    if not _is_free(context, plan, legs):
        return
    for _ in range(MOST_TRIES):
        version = context.store.load_risk_book().version
        group = form_legs(context, plan, legs)
        recorded = context.store.record(group, risk_version=version)
        if recorded.outcome is not RecordOutcome.RISK_CHANGED:
            hand_over(context, group.orders)
            return
    raise ConcurrentChange("the account's exposure changed all the time; the sweep goes on")


def _is_free(context: AccountContext, plan: Protection, legs: Sequence[Leg]) -> bool:
    return is_free(
        context,
        plan.symbol,
        [leg.client_order_id for leg in legs],
        plan.created_at_ms,
        is_harmless=not is_spot(plan.symbol) and not any(leg.is_market for leg in legs),
        partner_id=legs[0].partner_id if len(legs) == 1 else "",
    )


def form_legs(context: AccountContext, plan: Protection, legs: Sequence[Leg]) -> NewGroup:
    """Return the group to record, each order with its plan and its partner."""
    key = leg_key(plan.plan_id, legs[0].round, legs[0].role)
    intents = [_intent(context, plan, leg) for leg in legs]
    verdicts = tuple(Approved(terms=leg_terms(plan, leg), reservation=None) for leg in legs)
    names = tuple(leg.client_order_id for leg in legs)
    group = form_group(context, intents, names, verdicts, key, digest_of(intents, None))
    orders = tuple(
        # No age ends a leg: its plan does, when something else is wanted
        replace(order, protection=plan.plan_id, partner_id=leg.partner_id, valid_until_ms=None)
        for order, leg in zip(group.orders, legs, strict=True)
    )
    return replace(group, orders=orders)


def _intent(context: AccountContext, plan: Protection, leg: Leg) -> OrderIntent:
    terms = leg_terms(plan, leg)
    return OrderIntent(
        account=context.name,
        symbol=terms.symbol,
        side=terms.side,
        order_type=terms.order_type,
        quantity=terms.quantity,
        price=terms.price,
        trigger_price=terms.trigger_price,
        trigger_by=terms.trigger_by,
        post_only=terms.post_only,
        reduce_only=terms.reduce_only,
        position_side=terms.position_side,
        strategy=plan.strategy,
    )
