"""The proof: what the caller wanted, what the exchange has, and what we say, side by side. Pure.

The exchange's side comes from its own ledger. In this closed world nobody else orders, so every
order on the account must be the first and only one of an intent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from engine.domain.order import Order
from workers.chaos.sides import COINS, Market, Placed
from workers.demo.facts import differences
from workers.demo.our_facts import Books


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One order that the caller wanted."""

    account: str = ""
    client_order_id: str
    is_refused: bool = False  # The caller was told, finally, that nothing was recorded


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The counts, and the sentences behind those that must be zero."""

    intents: int
    own_orders: int = 0  # Recorded by ourselves: what guards, replaces, flattens
    exchange_orders: int
    duplicates: tuple[str, ...]  # Orders of the exchange beyond the first of an intent
    lost: tuple[str, ...]  # Intents without an exchange order and without an explained end
    in_doubt: tuple[str, ...]  # Orders whose outcome is not known
    unsettled: tuple[str, ...]  # Other orders that have not ended, or lack trades
    fills: int  # Of the exchange
    fills_twice: tuple[str, ...]  # Rows of our ledger beyond the first of a trade
    order_differences: tuple[str, ...]  # Orders and trades, field by field
    position_differences: tuple[str, ...]
    balance_differences: tuple[str, ...]
    unprotected: tuple[str, ...] = ()  # Positions with less than their stop and target
    outliving: tuple[str, ...] = ()  # Stops and targets beyond what they guard
    ends: Mapping[str, int]  # Our orders by status, and by reason where they have one

    @property
    def violations(self) -> Mapping[str, tuple[str, ...]]:
        """Return everything that must be empty, by name."""
        return {
            name: value for name, value in vars(self).items() if isinstance(value, tuple) and value
        }

    @property
    def holds(self) -> bool:
        """Tell whether all that must be zero is zero."""
        return not self.violations


def join(proofs: Sequence[Proof]) -> Proof:
    """Return what several accounts come to together."""
    ends = sum((Counter(proof.ends) for proof in proofs), Counter[str]())
    together: dict[str, Any] = {"ends": ends}
    for name in (field.name for field in fields(Proof) if field.name != "ends"):
        values = [getattr(proof, name) for proof in proofs]
        is_count = isinstance(values[0], int)
        together[name] = sum(values) if is_count else tuple(chain.from_iterable(values))
    return Proof(**together)


def prove(
    intents: Sequence[Intent],
    ledger: Mapping[str, Any],
    books: Books,
    uid: str,
    market: Market = COINS,
    own: Sequence[Intent] = (),
) -> Proof:
    """Lay the three sides beside each other; `uid` is the account's number at the exchange.

    `own` are the orders that follow from the wanted ones: the same is asked of them.
    """
    placed = market.placed(ledger, uid)
    found = differences(market.ours(books), market.theirs(ledger, uid))
    by_subject = _by_subject(found)
    active = [order for order in books.orders if not order.is_settled]
    return Proof(
        intents=len(intents),
        own_orders=len(own),
        exchange_orders=len(placed),
        duplicates=_find_duplicates([*intents, *own], placed),
        lost=_find_lost([*intents, *own], placed, books.orders),
        in_doubt=tuple(_sentence(order) for order in active if order.is_in_doubt),
        unsettled=tuple(_sentence(order) for order in active if not order.is_in_doubt),
        fills=sum(str(row["uid"]) == uid for row in ledger["trades"]),
        fills_twice=_find_twice(books),
        order_differences=by_subject["order"],
        position_differences=by_subject["position"],
        balance_differences=by_subject["balance"],
        ends=Counter(map(_end_of, books.orders)),
    )


def _find_duplicates(intents: Iterable[Intent], placed: Iterable[Placed]) -> tuple[str, ...]:
    """Return the orders that no intent needed: a second one, or one that nobody wanted.

    An order belongs to the intent whose id it ever had: a cancel replaces it.
    """
    wanted = {intent.client_order_id for intent in intents}
    taken: set[str] = set()
    surplus = []
    for row in placed:
        names = wanted.intersection(row.names)
        if not names or names & taken:
            surplus.append(f"{row.title}: {row.names[0]}")
        taken |= names
    return tuple(surplus)


def _find_lost(
    intents: Iterable[Intent], placed: Iterable[Placed], orders: Iterable[Order]
) -> tuple[str, ...]:
    known = {name for row in placed for name in row.names}
    known |= {
        order.client_order_id
        for order in orders
        if order.is_closed and order.reason is not None and order.exchange_order_id is None
    }
    return tuple(
        intent.client_order_id
        for intent in intents
        if not intent.is_refused and intent.client_order_id not in known
    )


def _find_twice(books: Books) -> tuple[str, ...]:
    counts = Counter(f"trade {fill.symbol} {fill.row_id}" for fill in books.fills)
    return tuple(name for name, times in counts.items() for _ in range(times - 1))


def _by_subject(found: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Sort sentences by their first word; what an account booked is about balances, too."""
    subjects: dict[str, list[str]] = {"order": [], "position": [], "balance": []}
    for sentence in found:
        word = sentence.split()[0].rstrip(":")
        subject = {"booked": "balance", "position": "position", "balance": "balance"}.get(word)
        subjects[subject or "order"].append(sentence)
    return {subject: tuple(sentences) for subject, sentences in subjects.items()}


def _end_of(order: Order) -> str:
    return f"{order.status} {order.reason.code}" if order.reason else order.status.value


def _sentence(order: Order) -> str:
    return f"{order.client_order_id} {order.terms.symbol}: {order.status}"
