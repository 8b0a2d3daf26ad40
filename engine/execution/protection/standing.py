"""Orders that stand against a position, and of which no plan is known: after a lost store.

They go on as the exchange has them. No plan is made of them: what a person had placed looks the
same there, and which entry, size and round a leg had only the store knew.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.decimals import ZERO, plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.risk import RiskBook
from engine.execution.context import AccountContext
from engine.ports import OrderFilter
from engine.risk.book import current_position, is_spot


def find_standing(context: AccountContext) -> tuple[Order, ...]:
    """Return the open orders of ours that were found at the exchange and close what is held."""
    adopted = [one for one in context.store.list_orders(OrderFilter.OPEN) if is_unexplained(one)]
    if not adopted:
        return ()
    book = context.store.load_risk_book()  # After the orders: a fill of theirs is in it
    return tuple(one for one in adopted if _closes(one, book))


def is_unexplained(order: Order) -> bool:
    """Tell whether nobody knows any more why the order was placed: its key and plan are lost."""
    return order.request_key == "" and order.protection == ""


def describe_standing(orders: Iterable[Order]) -> str:
    """Return them in words; "" for none."""
    return ", ".join(
        f"{_kind(one)} of {plain(one.remaining_quantity or ZERO)} {one.terms.position}"
        f" ({one.client_order_id})"
        for one in orders
    )


def _kind(order: Order) -> str:
    price = order.terms.trigger_price or order.terms.price
    where = f" at {plain(price)}" if price is not None else ""
    return f"{order.terms.order_type}{where}"


def _closes(order: Order, book: RiskBook) -> bool:
    """Tell whether the order can only close what is held: on spot, every sale."""
    terms = order.terms
    held = current_position(book, terms.position).net_quantity
    opposes = held > ZERO if terms.side is Side.SELL else held < ZERO
    is_bound = is_spot(terms.symbol) or terms.position_side is not PositionSide.BOTH
    return opposes and (is_bound or terms.only_reduces)
