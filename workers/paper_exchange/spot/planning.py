"""What an incoming spot order takes from the book: by quantity, by quote, as far as it can pay."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from workers.paper_exchange.market.book import Resting
from workers.paper_exchange.market.matching import (
    Match,
    floor_to,
    match_quantity,
    match_quote,
    matched_quantity,
)
from workers.paper_exchange.market.prevention import Prevention

from .accounts import Account
from .market import Market
from .orders import Order


def plan_matches(
    order: Order, market: Market, account: Account, prevention: Prevention
) -> list[Match]:
    """Return what `order` would take; `prevention` notes its own orders on the way. Pure."""
    rules = market.rules
    offers = prevention.pass_by(market.book.other_side(order.side).up_to(order.price or None))
    if order.quote_quantity and order.side == "BUY":
        return match_quote(offers, order.quote_quantity, rules.step_size)
    if order.quote_quantity:
        free = account.balance(rules.base).free
        return _plan_sale_for_quote(order.quote_quantity, offers, free, rules.step_size)
    matches = match_quantity(offers, order.quantity)
    if order.side == "BUY" and not order.price:
        return _affordable(matches, account.balance(rules.quote).free, rules.step_size)
    return matches


def _plan_sale_for_quote(
    quote: Decimal, offers: Iterable[Resting], free: Decimal, step: Decimal
) -> list[Match]:
    """Sell what earns the quote, but no more than there is."""
    matches = match_quote(offers, quote, step)
    return match_quantity(
        (m.resting for m in matches), min(floor_to(free, step), matched_quantity(matches))
    )


def _affordable(matches: list[Match], free: Decimal, step: Decimal) -> list[Match]:
    """Cut `matches` to what `free` pays for; a woken stop may find less than it needs."""
    kept: list[Match] = []
    for match in matches:
        cost = match.quantity * match.resting.price
        if cost > free:
            rest = floor_to(free / match.resting.price, step)
            return [*kept, Match(match.resting, rest)] if rest > 0 else kept
        kept.append(match)
        free -= cost
    return kept
