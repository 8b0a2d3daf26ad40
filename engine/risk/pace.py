"""How often: orders in a minute, and the same refusal again and again."""

from __future__ import annotations

from collections import Counter

from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate
from engine.risk.positions import adds_exposure


def check_order_rate(candidate: Candidate) -> Denied | None:
    """Deny an entering order once a minute has as many orders as it may; exits count and pass."""
    limit = candidate.context.settings.max_orders_per_minute
    count = candidate.context.book.orders_in_minute
    if limit is None or count < limit or not adds_exposure(candidate):
        return None
    return deny(
        DenialCode.ORDER_RATE,
        f"{count} orders were placed in the last minute; max_orders_per_minute allows {limit}.",
        orders_in_minute=count,
        max_orders_per_minute=limit,
    )


def check_rejections(candidate: Candidate) -> Denied | None:
    """Deny an entering order in a symbol where the exchange keeps refusing for one reason.

    Whoever repeats what is refused loses request allowance, and in the end the key.
    """
    settings, book = candidate.context.settings, candidate.context.book
    limit, symbol = settings.max_rejections, candidate.terms.symbol
    if limit is None or not adds_exposure(candidate):
        return None
    since_ms = book.read_at_ms - settings.rejection_window_ms
    counted = Counter(
        one.code for one in book.rejections if one.symbol == symbol and one.at_ms > since_ms
    )
    code, count = next(iter(counted.most_common(1)), ("", 0))
    if count < limit:
        return None
    return deny(
        DenialCode.REPEATED_REJECTIONS,
        f"the exchange refused {count} orders in {symbol} with {code} within"
        f" {settings.rejection_window_ms} ms; max_rejections allows {limit}.",
        rejections=count,
        max_rejections=limit,
        reason=code,
    )
