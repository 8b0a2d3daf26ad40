"""Fill in what only the moment of the record knows: the price of a chase, the end of a time limit.

The digest of a request is taken before, so that a repeat is the same request at another price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.chasing import touch_price
from engine.domain.order_terms import OrderType
from engine.domain.request import OrderIntent
from engine.domain.risk import RiskBook
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.placing.surroundings import Surroundings


def prepare(
    context: AccountContext, surroundings: Surroundings, intents: Sequence[OrderIntent]
) -> Sequence[OrderIntent]:
    """Return the wishes with their prices and ends; those that lack neither as they are."""
    if not any(_is_unpriced(intent) or intent.cancel_after_ms for intent in intents):
        return intents
    book = context.store.load_risk_book()
    return tuple(_with_end(_with_price(one, surroundings, book), book) for one in intents)


def _is_unpriced(intent: OrderIntent) -> bool:
    is_limit = intent.order_type is OrderType.LIMIT
    return intent.chase is not None and intent.price is None and is_limit


def _with_price(intent: OrderIntent, surroundings: Surroundings, book: RiskBook) -> OrderIntent:
    if intent.chase is None or not _is_unpriced(intent):
        return intent
    seen = surroundings.look(intent, book)
    price = touch_price(seen.ticker, intent.side, seen.instrument)
    if price is None:
        raise InvalidRequest(f"symbol is {intent.symbol}, which shows no price to chase.")
    return replace(intent, price=price, chase=replace(intent.chase, first_price=price))


def _with_end(intent: OrderIntent, book: RiskBook) -> OrderIntent:
    if intent.cancel_after_ms is None or intent.cancel_at_ms is not None:
        return intent
    return replace(intent, cancel_at_ms=book.read_at_ms + intent.cancel_after_ms)
