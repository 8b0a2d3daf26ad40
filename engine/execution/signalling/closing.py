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
from engine.domain.signal import Signal
from engine.execution.context import AccountContext
from engine.execution.placing.groups import MOST_ORDERS
from engine.execution.placing.surroundings import Surroundings
from engine.risk.book import current_position
from engine.risk.context import Candidate, terms_of
from engine.risk.pieces import count_pieces
from engine.risk.signals import may_open
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
