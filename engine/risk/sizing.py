"""How large the order of a signal is: the smallest of all that limits it, rounded down.

With a stop, by risk: what is lost between the price and the stop is `max_risk_per_trade` of the
budget. Without one, by budget share: the budget divided by `max_positions`. The share bounds the
first as well, so that a near stop cannot put the whole budget on one symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Context, Decimal, localcontext

from engine.domain.decimals import PRECISION, ZERO, plain
from engine.domain.order_terms import OrderTerms
from engine.domain.risk import Denied
from engine.risk.balance import available
from engine.risk.book import is_spot, used_budget
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, worst_price
from engine.risk.exposure import exposure_room
from engine.risk.pieces import size_piece
from engine.risk.positions import closable_quantity
from engine.risk.signals import is_entry

#: A size that cannot be written exactly is a little too small, never too large.
CAUTIOUS = Context(prec=PRECISION, rounding=ROUND_DOWN)


@dataclass(frozen=True, kw_only=True)
class Cap:
    """One upper bound of the size."""

    name: str
    quantity: Decimal  # Base currency
    code: DenialCode = DenialCode.SIZE_TOO_SMALL  # When it leaves too little


def size_order(candidate: Candidate) -> OrderTerms | Denied:
    """Return the terms with a quantity in steps of the instrument, or why there is none."""
    price = candidate.context.reference_price(candidate.intent.side)
    if price is None:
        return check_price(candidate) or candidate.terms
    with localcontext(CAUTIOUS):
        build = _entry_caps if is_entry(candidate) else _exit_caps
        cap = min(build(candidate, price), key=lambda cap: cap.quantity)
    instrument = candidate.context.instrument
    quantity = instrument.round_quantity(max(cap.quantity, ZERO), is_market=True)
    if instrument.is_dust(quantity, price):
        return _too_small(candidate, cap, price)
    return replace(candidate.terms, quantity=quantity)


def allowed_budget(wanted: Decimal, configured: Decimal, *, is_paper: bool) -> Decimal:
    """Return what all positions together may use (quote currency).

    On paper a script decides. Elsewhere it may lower the configured budget and never raise it.
    """
    return wanted if is_paper else min(wanted, configured)


def check_price(candidate: Candidate) -> Denied | None:
    """Deny an order that only a market price can check or size, when there is none."""
    terms = candidate.terms
    if terms.price is not None or terms.trigger_price is not None:
        return None
    if candidate.context.reference_price(terms.side) is not None:
        return None
    return deny(
        DenialCode.NO_PRICE,
        f"the market of {terms.symbol} shows no price to {terms.side} at;"
        " an order without a price needs one.",
    )


def _entry_caps(candidate: Candidate, price: Decimal) -> Iterator[Cap]:
    context, settings = candidate.context, candidate.context.settings
    size = context.instrument.contract_size
    worst = worst_price(candidate.terms, price, settings.market_order_collar) * size
    leverage = candidate.leverage
    stop = context.signal.stop_price if context.signal else None
    if stop is not None and stop != price:
        lost = abs(price - stop) * size
        yield Cap(
            name="max_risk_per_trade",
            quantity=settings.default_budget * settings.max_risk_per_trade / lost,
        )
    share = settings.default_budget / settings.max_positions
    yield Cap(name="the share of default_budget", quantity=share * leverage / worst)
    left = settings.default_budget * leverage - used_budget(context.book)
    yield Cap(
        name="what is left of default_budget",
        quantity=left / worst,
        code=DenialCode.BUDGET_USED,
    )
    free = available(context.book, context.balances, context.instrument.quote)
    yield Cap(
        name=f"the free {context.instrument.quote}",
        quantity=free * leverage / worst,
        code=DenialCode.INSUFFICIENT_BALANCE,
    )
    yield from _limits(candidate, worst)
    yield from _maximum(candidate)


def _limits(candidate: Candidate, worst: Decimal) -> Iterator[Cap]:
    """What the account's limits leave; `worst` is the value of one unit in its quote currency."""
    context = candidate.context
    rate = context.marks.rate(context.instrument.quote)
    if not rate:
        return  # The checks tell that a price is missing
    limit = context.settings.max_order_notional
    if limit is not None:
        quantity = limit / (worst * rate)
        yield Cap(name="max_order_notional", quantity=quantity, code=DenialCode.ORDER_TOO_LARGE)
    for name, code, room in exposure_room(candidate):
        yield Cap(name=name, quantity=room / (worst * rate), code=code)


def _exit_caps(candidate: Candidate, price: Decimal) -> Iterator[Cap]:
    """All of the position that can be closed now, or the first of the pieces that it needs."""
    yield from _whole_caps(candidate)
    pieces = candidate.intent.pieces
    if pieces > 1:
        part = size_piece(exit_quantity(candidate), pieces, candidate.context.instrument)
        yield Cap(name=f"its share of {pieces} orders", quantity=part)
    yield from _maximum(candidate)


def exit_quantity(candidate: Candidate) -> Decimal:
    """Return how much (base) the exits of a signal can close now, in one order or several."""
    return min(cap.quantity for cap in _whole_caps(candidate))


def _whole_caps(candidate: Candidate) -> Iterator[Cap]:
    """The position without what others close; a sale of more than is free would be refused."""
    instrument, context = candidate.context.instrument, candidate.context
    yield Cap(name="the position", quantity=closable_quantity(candidate))
    if is_spot(instrument.symbol):
        yield Cap(
            name=f"the free {instrument.base}",
            quantity=available(context.book, context.balances, instrument.base),
            code=DenialCode.INSUFFICIENT_BALANCE,
        )


def _maximum(candidate: Candidate) -> Iterator[Cap]:
    largest = candidate.context.instrument.maximum_for(is_market=True)
    if largest is not None:
        yield Cap(name="the symbol's largest market order", quantity=largest)


def _too_small(candidate: Candidate, cap: Cap, price: Decimal) -> Denied:
    instrument = candidate.context.instrument
    # Never more digits than the step has: the exact quotient helps nobody
    quantity = instrument.round_quantity(max(cap.quantity, ZERO), is_market=True)
    minimum = instrument.minimum_for(is_market=True)
    return deny(
        cap.code,
        f"quantity would be {plain(quantity)} {instrument.base} by {cap.name};"
        f" it must be at least {plain(minimum)} {instrument.base} and worth"
        f" {plain(instrument.min_notional)} {instrument.quote} at {plain(price)}.",
        quantity=quantity,
        min_quantity=minimum,
        min_notional=instrument.min_notional,
        price=price,
    )
