"""The proof: what the caller wanted, what the exchange has, and what we say, side by side. Pure.

The exchange's side comes from its own ledger. In this closed world nobody else orders, so every
order on the account must be the first and only one of an intent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.order import Order
from workers.demo.facts import differences
from workers.demo.ledger_facts import ledger_facts
from workers.demo.our_facts import Books, our_facts


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One order that the caller wanted."""

    client_order_id: str
    is_refused: bool = False  # The caller was told, finally, that nothing was recorded


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The counts, and the sentences behind those that must be zero."""

    intents: int
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


def prove(intents: Sequence[Intent], ledger: Mapping[str, Any], books: Books, uid: str) -> Proof:
    """Lay the three sides beside each other; `uid` is the account's number at the exchange."""
    placed = [row for row in ledger["orders"] if str(row["uid"]) == uid]
    found = differences(our_facts(books), ledger_facts(ledger, uid))
    by_subject = _by_subject(found)
    active = [order for order in books.orders if not order.is_settled]
    return Proof(
        intents=len(intents),
        exchange_orders=len(placed),
        duplicates=_find_duplicates(intents, placed),
        lost=_find_lost(intents, placed, books.orders),
        in_doubt=tuple(_sentence(order) for order in active if order.is_in_doubt),
        unsettled=tuple(_sentence(order) for order in active if not order.is_in_doubt),
        fills=sum(str(row["uid"]) == uid for row in ledger["trades"]),
        fills_twice=_find_twice(books),
        order_differences=by_subject["order"],
        position_differences=by_subject["position"],
        balance_differences=by_subject["balance"],
        ends=Counter(map(_end_of, books.orders)),
    )


def _find_duplicates(
    intents: Iterable[Intent], placed: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the orders that no intent needed: a second one, or one that nobody wanted.

    An order belongs to the intent whose id it ever had: a cancel replaces it.
    """
    wanted = {intent.client_order_id for intent in intents}
    taken: set[str] = set()
    surplus = []
    for row in placed:
        names = wanted.intersection(row["client_order_ids"])
        if not names or names & taken:
            surplus.append(f"{row['symbol']} {row['order_id']}: {row['client_order_ids'][0]}")
        taken |= names
    return tuple(surplus)


def _find_lost(
    intents: Iterable[Intent], placed: Iterable[Mapping[str, Any]], orders: Iterable[Order]
) -> tuple[str, ...]:
    known = {name for row in placed for name in row["client_order_ids"]}
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
