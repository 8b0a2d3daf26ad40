"""When a trailing stop goes off: the price has come back from its best by the rate. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from engine.domain.changing import Trail
from engine.domain.decimals import EXACT
from engine.domain.fill import Side
from engine.domain.order_terms import OrderTerms
from engine.domain.report import Ticker


def watched_price(ticker: Ticker, side: Side) -> Decimal | None:
    """Return what a market order of that side would meet first; None where there is nothing.

    So a stop goes off by the price that it would get, also where nobody has traded for long.
    """
    price = ticker.bid if side is Side.SELL else ticker.ask
    return price if price.is_finite() and price > 0 else None


def advance(trail: Trail, terms: OrderTerms, price: Decimal) -> Trail:
    """Return the trail after `price`: active once it reached the activation, its best kept.

    A stop that sells follows the highest price, one that buys the lowest.
    """
    if trail.best_price is None and not _is_activated(terms, price):
        return trail
    best = price if trail.best_price is None else _better(terms.side, trail.best_price, price)
    return trail if best == trail.best_price else replace(trail, best_price=best)


def trigger_price(trail: Trail, terms: OrderTerms) -> Decimal | None:
    """Return the price at which the stop goes off (quote per base); None before it is active."""
    if trail.best_price is None or terms.trailing_rate is None:
        return None
    with localcontext(EXACT):
        return trail.best_price * (100 + terms.side.sign * terms.trailing_rate) / 100


def is_touched(trail: Trail, terms: OrderTerms, price: Decimal) -> bool:
    """Tell whether `price` sets the stop off."""
    limit = trigger_price(trail, terms)
    return limit is not None and (price - limit) * terms.side.sign >= 0


def _is_activated(terms: OrderTerms, price: Decimal) -> bool:
    wished = terms.activation_price
    return wished is None or (wished - price) * terms.side.sign >= 0


def _better(side: Side, best: Decimal, price: Decimal) -> Decimal:
    return max(best, price) if side is Side.SELL else min(best, price)
