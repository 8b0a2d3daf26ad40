"""Limits of one order by itself: its leverage, its worth, its price."""

from __future__ import annotations

from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Side
from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, worst_price
from engine.risk.exposure import value_of_one
from engine.risk.positions import adds_exposure


def check_leverage(candidate: Candidate) -> Denied | None:
    """Deny more leverage than the account's limit; what shrinks a position uses none."""
    limit = candidate.context.settings.max_leverage
    if limit is None or candidate.leverage <= limit or not adds_exposure(candidate):
        return None
    return deny(
        DenialCode.LEVERAGE_ABOVE_LIMIT,
        f"leverage is {candidate.leverage}; max_leverage allows {plain(limit)}.",
        leverage=candidate.leverage,
        max_leverage=limit,
    )


def check_order_notional(candidate: Candidate) -> Denied | None:
    """Deny an entering order that may be worth more than one order may."""
    limit = candidate.context.settings.max_order_notional
    if limit is None or not adds_exposure(candidate):
        return None
    quote = candidate.context.marks.quote
    notional = order_notional(candidate)
    if notional is None:
        return deny(
            DenialCode.NO_PRICE,
            f"{candidate.context.instrument.quote} shows no price in {quote};"
            " max_order_notional needs one.",
            symbol=candidate.terms.symbol,
        )
    if notional <= limit:
        return None
    return deny(
        DenialCode.ORDER_TOO_LARGE,
        f"the order may be worth {plain(notional)} {quote};"
        f" max_order_notional allows {plain(limit)}.",
        notional=notional,
        max_order_notional=limit,
    )


def order_notional(candidate: Candidate) -> Decimal | None:
    """Return what the order may be worth in the account's quote currency; None: not known."""
    terms, context = candidate.terms, candidate.context
    one = value_of_one(context, terms.symbol)
    if one is None:
        return None
    with localcontext(EXACT):
        if terms.quote_quantity is not None:
            return terms.quote_quantity * (context.marks.rate(context.instrument.quote) or ZERO)
        reference = context.reference_price(terms.side) or ZERO
        price = worst_price(terms, reference, context.settings.market_order_collar)
        return (terms.quantity or ZERO) * price * one


def check_price_collar(candidate: Candidate) -> Denied | None:
    """Deny a limit that gives away more than a share of the price at which it would trade.

    That price is the market's, of an order with a trigger the trigger. A limit that waits for a
    better price is no mistake that costs anything, however far it is.
    """
    terms, collar = candidate.terms, candidate.context.settings.price_collar
    if collar is None or terms.price is None:
        return None
    reference = terms.trigger_price or candidate.context.reference_price(terms.side)
    if reference is None:
        return deny(
            DenialCode.NO_PRICE,
            f"the market of {terms.symbol} shows no price to {terms.side} at;"
            " price_collar needs one.",
        )
    with localcontext(EXACT):
        bound = reference * (1 + terms.side.sign * collar)
    is_inside = terms.price <= bound if terms.side is Side.BUY else terms.price >= bound
    if is_inside:
        return None
    return deny(
        DenialCode.PRICE_COLLAR,
        f"price is {plain(terms.price)} to {terms.side} while {plain(reference)} can be had;"
        f" price_collar allows {'at most' if terms.side is Side.BUY else 'at least'}"
        f" {plain(bound)}.",
        price=terms.price,
        reference=reference,
        bound=bound,
    )
