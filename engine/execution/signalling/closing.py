"""The orders by which a signal closes a position: several where one may not be large enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.decimals import plain
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.domain.signal import Signal
from engine.execution.context import AccountContext
from engine.execution.placing.groups import MOST_ORDERS
from engine.execution.placing.naming import order_ids
from engine.execution.placing.surroundings import Surroundings
from engine.execution.protection.making_room import locking_plans
from engine.execution.signalling.signal_sides import intent_of
from engine.risk.book import current_position
from engine.risk.context import Candidate, terms_of
from engine.risk.gate import BEFORE_SIZING, first_denial
from engine.risk.pieces import count_pieces
from engine.risk.signals import KEY_PREFIX, may_open
from engine.risk.sizing import exit_quantity
from engine.risk.trading_state import reducible_quantity


def split_close(
    context: AccountContext, intent: OrderIntent, signal: Signal
) -> tuple[OrderIntent, ...]:
    """Return the orders that close all that is held by now, of one size each; else the one order.

    Sizing gives each its share of what is held when they are recorded.
    """
    rules = context.gateway.index_instruments(Lane.SUBMIT).get(intent.symbol)
    if rules is None or may_open(signal):
        return (intent,)
    book, terms = context.store.load_risk_book(), terms_of(intent)
    held = abs(current_position(book, terms.position).net_quantity)
    if count_pieces(held, rules) == 1:
        return (intent,)
    seen = Surroundings(context).look(intent, book, signal)
    closable = exit_quantity(Candidate(intent=intent, terms=terms, context=seen))
    count = min(count_pieces(closable, rules), MOST_ORDERS)
    return tuple(replace(intent, pieces=left) for left in range(count, 0, -1))


def is_recorded(context: AccountContext, signal: Signal) -> bool:
    """Tell whether the signal's first order is here: somebody was cut off after its record.

    The archive is not asked: workers elsewhere cannot read it, and no order leaves so soon.
    """
    name = order_ids(context, KEY_PREFIX + signal.key, 1)[0]
    return context.store.find_order(name) is not None


def foresee_denial(context: AccountContext, signal: Signal) -> Denied | None:
    """Return why nothing would be closed, before the stop of the position is ended for it.

    A halted account could not even place it again. None where no plan locks the coins.
    """
    plans = locking_plans(context, signal.symbol)
    if not plans:
        return None
    intent, book = intent_of(context, signal), context.store.load_risk_book()
    legs = {leg.client_order_id for stored in plans for leg in stored.value.legs}
    # What makes room is no reason to refuse it
    others = tuple(one for one in book.reservations if one.client_order_id not in legs)
    seen = Surroundings(context).look(intent, replace(book, reservations=others), signal)
    held = seen.instrument.round_quantity(seen.position.net_quantity, is_market=True)
    terms = replace(terms_of(intent), quantity=held)
    candidate = Candidate(intent=intent, terms=terms, context=seen)
    return first_denial(candidate, (*BEFORE_SIZING, *seen.own_checks))


def all_denied(orders: Sequence[Order]) -> bool:
    """Tell whether nothing came of a signal; an order that risk lets pass is its order."""
    return all(order.status is OrderStatus.DENIED for order in orders)


def describe_close(context: AccountContext, orders: Sequence[Order]) -> str:
    """Say that several orders close a position, and what of it stays; "" for one order."""
    if len(orders) == 1:
        return ""
    terms = orders[0].terms
    rules = context.gateway.index_instruments(Lane.SUBMIT)[terms.symbol]
    placed = sum(order.status is not OrderStatus.DENIED for order in orders)
    words = f"{placed} market orders close the position, since one may have {_most(rules)}"
    left = reducible_quantity(context.store.load_risk_book(), terms)
    if rules.is_dust(left):
        return words
    return f"{words}; {plain(left)} {rules.base} stay: {_why(orders)}"


def _most(rules: Instrument) -> str:
    largest = rules.maximum_for(is_market=True)
    return "enough now" if largest is None else f"at most {plain(largest)} {rules.base}"


def _why(orders: Sequence[Order]) -> str:
    denied = next((one for one in orders if one.status is OrderStatus.DENIED), None)
    if denied is not None and denied.reason is not None:
        return denied.reason.message
    if len(orders) >= MOST_ORDERS:
        return f"a group has at most {MOST_ORDERS} orders, send another signal for the rest"
    return "they were not free, or came meanwhile; send another signal for them"
