"""Find the order that a person means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.domain.decimals import shorten
from engine.domain.identity import ORDER_PREFIX
from engine.domain.order import Order
from engine.errors import UnknownOrder
from engine.execution.context import AccountContext
from engine.ports import AccountStore, OrderFilter
from workers.cli.output import Refusal

#: What either side makes ids of; anything else would only be sent around.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: So many matches are named before "and more".
_MOST_NAMED = 4


def find_order(contexts: Iterable[AccountContext], word: str) -> tuple[AccountContext, Order]:
    """Return the one order that `word` names: our id, a unique beginning of it, or the exchange's.

    Those that left for the archive are looked at when no other is meant. Raises UnknownOrder when
    there is none and Refusal when there are several.
    """
    accounts = list(contexts)
    found = [] if not _ID.fullmatch(word) else _find_all(accounts, word)
    if not found and _ID.fullmatch(word):
        found = _find_archived(accounts, word)
    if not found:
        raise UnknownOrder(f"order {shorten(word)} is not known; `augustan order list` shows all.")
    if len(found) > 1:
        named = [f"{order.client_order_id} ({context.name})" for context, order in found]
        more = ", …" if len(named) > _MOST_NAMED else ""
        raise Refusal(
            f"order {word} could be {', '.join(named[:_MOST_NAMED])}{more}; name one.",
            code="AMBIGUOUS_ORDER",
        )
    return found[0]


def _find_all(contexts: Iterable[AccountContext], word: str) -> list[tuple[AccountContext, Order]]:
    found: list[tuple[AccountContext, Order]] = []
    for context in contexts:
        exact = context.store.find_order(word)
        if exact is not None:
            return [(context, exact.value)]
        found += [(context, order) for order in _candidates(context.store, word)]
    return found


def _find_archived(
    contexts: Iterable[AccountContext], word: str
) -> list[tuple[AccountContext, Order]]:
    return [
        (context, order) for context in contexts for order in context.history.search_orders(word)
    ]


def _candidates(store: AccountStore, word: str) -> list[Order]:
    listed = (*store.list_orders(OrderFilter.RECENT), *store.list_orders(OrderFilter.ACTIVE))
    matches = {order.client_order_id: order for order in listed if _is_named(order, word)}
    return list(matches.values())


def _is_named(order: Order, word: str) -> bool:
    """Several orders may have the same number: the exchange may count per symbol."""
    is_beginning = word.startswith(ORDER_PREFIX) and order.client_order_id.startswith(word)
    return is_beginning or word in order.exchange_ids.all
