"""What must hold of pairs, of which one cancels the other, once nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.order import Order
from engine.ports import AccountStore, OrderFilter
from tests.simulation.exchange import SimulatedExchange, There
from tests.simulation.watch import Violation
from workers.demo.our_facts import word

#: The exchange's words for an order that may still trade.
OPEN = frozenset({"NEW", "PARTIALLY_FILLED"})


@dataclass(frozen=True, kw_only=True)
class Member:
    """One order of a pair, by our record and by the exchange's."""

    order: Order
    there: There | None  # None: it never arrived

    @property
    def name(self) -> str:
        return self.order.client_order_id

    @property
    def is_open(self) -> bool:
        return self.there is not None and self.there.status in OPEN

    @property
    def has_moved(self) -> bool:
        """Tell whether it has traded, or its trigger has placed another order."""
        return self.there is not None and (self.filled > ZERO or len(self.there.ids) > 1)

    @property
    def filled(self) -> Decimal:
        return ZERO if self.there is None else self.there.filled_quantity


def check_pairs(store: AccountStore, exchange: SimulatedExchange, uid: int) -> Iterator[Violation]:
    """Yield the pairs that are not one any more: both stand, or one stands that was to end.

    Pairs are those that the store knows: after the loss of a record the rest are single orders.
    """
    placed = {(one.symbol, one.name): one for one in exchange.orders_of(uid)}
    members = {
        order.client_order_id: Member(
            order=order, there=placed.get((word(order.terms.symbol), order.client_order_id))
        )
        for order in store.list_orders(OrderFilter.RECENT)
        if order.partner_id or order.rival_id
    }
    for one in members.values():
        other = members.get(one.order.partner_id or one.order.rival_id)
        if other is None:
            continue
        if one.order.rival_id:
            yield from _check_ended(one, other)
        if one.name < other.name:
            yield from _check_told(one, other) if one.order.rival_id else _check_list(one, other)


def _check_ended(one: Member, other: Member) -> Iterator[Violation]:
    """What moves ends the other; what ends before it moved takes the other along.

    Of a list the exchange sees to that itself.
    """
    is_outdone = other.has_moved or (not other.is_open and not one.has_moved)
    if one.is_open and is_outdone:
        verb = "moved" if other.has_moved else "ended"
        text = f"{one.name} stands, and its other half {other.name} has {verb}"
        yield Violation(kind="PAIR_STANDS", text=text, words=(one.name, other.name))


def _check_list(one: Member, other: Member) -> Iterator[Violation]:
    """Both orders of a list are placed, or none; one of them trades."""
    words = (one.name, other.name)
    if (one.there is None) != (other.there is None):
        yield Violation(kind="HALF_A_LIST", text=f"one of {words} was placed", words=words)
    if one.filled and other.filled:
        yield Violation(kind="BOTH_TRADED", text=f"both of {words} traded", words=words)


def _check_told(one: Member, other: Member) -> Iterator[Violation]:
    """What two rivals traded beyond the wish is told, to the digit, by one of them."""
    wished = one.order.quantity or ZERO
    with localcontext(EXACT):
        excess = max(one.filled + other.filled - wished, ZERO)
        told = one.order.rival_excess + other.order.rival_excess
    if excess != told:
        text = f"{one.name} and {other.name} traded {plain(excess)} too much, told {plain(told)}"
        yield Violation(kind="EXCESS", text=text, words=(one.name, other.name))
