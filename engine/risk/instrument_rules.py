"""The rules of the market: what the exchange would refuse is told before anything is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.errors import InvalidRequest
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, terms_of
from engine.risk.contract_terms import contract_violations
from engine.risk.quantity_rules import quantity_violations

MAX_LEVERAGE = 125
#: How far a trailing stop may follow, in percent.
SMALLEST_RATE, LARGEST_RATE = Decimal("0.1"), Decimal(50)


def check_symbol(candidate: Candidate) -> Denied | None:
    """Deny an order that was brought before another symbol's rules or price."""
    instrument, ticker = candidate.context.instrument, candidate.context.ticker
    if candidate.terms.symbol == instrument.symbol == ticker.symbol:
        return None
    return deny(
        DenialCode.SYMBOL_MISMATCH,
        f"symbol is {candidate.terms.symbol}; rules and price must be of the same symbol,"
        f" not of {instrument.symbol} and {ticker.symbol}.",
    )


def check_instrument_rules(candidate: Candidate) -> Denied | None:
    """Deny the first thing that the exchange would refuse."""
    context = candidate.context
    price = context.reference_price(candidate.terms.side)
    found = _leverage(candidate.intent.leverage) or violations(
        candidate.terms, context.instrument, price, context.now_ms
    )
    return found[0] if found else None


def require_valid(
    intent: OrderIntent,
    instrument: Instrument,
    reference_price: Decimal | None,
    now_ms: int | None = None,
) -> None:
    """Raise InvalidRequest, one sentence for each fault, when the wish itself is no order.

    For the border, before anything is recorded. `reference_price` (quote per base) may be None:
    then a market order's notional is not judged; without `now_ms` no date is. The size
    of a signal's order is still open.
    """
    terms = terms_of(intent)
    found = _leverage(intent.leverage) + violations(terms, instrument, reference_price, now_ms)
    if intent.signal_key:
        found = tuple(one for one in found if one.code != DenialCode.QUANTITY_MISSING)
    if found:
        raise InvalidRequest(" ".join(one.message for one in found))


def violations(
    terms: OrderTerms,
    instrument: Instrument,
    reference_price: Decimal | None,
    now_ms: int | None = None,
) -> tuple[Denied, ...]:
    """Return everything that the exchange would refuse about `terms`, each as a sentence.

    The value of an order is judged at its own price, else its trigger, else `reference_price`.
    """
    return (
        *_trading(instrument),
        *_prices(terms, instrument),
        *_trailing(terms, instrument),
        *_timing(terms),
        *contract_violations(terms, instrument, now_ms),
        *quantity_violations(terms, instrument, reference_price),
    )


def _leverage(leverage: int | None) -> tuple[Denied, ...]:
    if leverage is None or 1 <= leverage <= MAX_LEVERAGE:
        return ()
    message = f"leverage is {leverage}; it must be from 1 to {MAX_LEVERAGE}."
    return (deny(DenialCode.LEVERAGE_OUT_OF_RANGE, message, leverage=leverage),)


def _trading(instrument: Instrument) -> Iterator[Denied]:
    if not instrument.is_trading:
        yield deny(
            DenialCode.NOT_TRADING,
            f"symbol is {instrument.symbol}, which the exchange has suspended;"
            " it must be open for trading.",
        )


def _prices(terms: OrderTerms, instrument: Instrument) -> Iterator[Denied]:
    kind = terms.order_type
    if kind.has_price and terms.price is None:
        yield deny(DenialCode.PRICE_MISSING, f"price is missing; a {kind} order needs one.")
    if not kind.has_price and terms.price is not None:
        yield deny(
            DenialCode.PRICE_NOT_POSSIBLE,
            f"price is {plain(terms.price)}; a {kind} order takes none.",
        )
    if kind.has_trigger and terms.trigger_price is None:
        yield deny(
            DenialCode.TRIGGER_MISSING, f"trigger_price is missing; a {kind} order needs one."
        )
    if not kind.has_trigger and terms.trigger_price is not None:
        yield deny(
            DenialCode.TRIGGER_NOT_POSSIBLE,
            f"trigger_price is {plain(terms.trigger_price)}; a {kind} order takes none.",
        )
    for field, price in (("price", terms.price), ("trigger_price", terms.trigger_price)):
        if price is not None:
            yield from price_violations(field, price, instrument)


def _trailing(terms: OrderTerms, instrument: Instrument) -> Iterator[Denied]:
    kind, rate = terms.order_type, terms.trailing_rate
    is_trailing = kind is OrderType.TRAILING_STOP
    if is_trailing and (rate is None or not SMALLEST_RATE <= rate <= LARGEST_RATE):
        said = "missing" if rate is None else plain(rate)
        yield deny(
            DenialCode.TRAILING_RATE,
            f"trailing_rate is {said}; a {kind} order needs one from {plain(SMALLEST_RATE)} to"
            f" {plain(LARGEST_RATE)} percent.",
        )
    for field, value in (("trailing_rate", rate), ("activation_price", terms.activation_price)):
        if value is not None and not is_trailing:
            yield deny(
                DenialCode.TRAILING_NOT_POSSIBLE,
                f"{field} is {plain(value)}; a {kind} order takes none.",
            )
    if terms.activation_price is not None and is_trailing:
        yield from price_violations("activation_price", terms.activation_price, instrument)


def price_violations(field: str, price: Decimal, instrument: Instrument) -> Iterator[Denied]:
    """Return why the exchange would not take the price of this field."""
    low, high = instrument.min_price, instrument.max_price
    if price <= 0 or price < low or (high is not None and price > high):
        bound = f"above 0 and at least {plain(low)}" if low > 0 else "above 0"
        upper = f" and at most {plain(high)}" if high is not None else ""
        yield deny(
            DenialCode.PRICE_OUT_OF_RANGE,
            f"{field} is {plain(price)}; it must be {bound}{upper} {instrument.quote}.",
            price=price,
        )
    elif not instrument.is_on_tick(price):
        below, above = instrument.nearest_prices(price)
        yield deny(
            DenialCode.PRICE_OFF_TICK,
            f"{field} is {plain(price)}; it must be a multiple of {plain(instrument.price_tick)},"
            f" the nearest are {plain(below)} and {plain(above)}.",
            price=price,
            below=below,
            above=above,
        )


def _timing(terms: OrderTerms) -> Iterator[Denied]:
    kind, force = terms.order_type, terms.time_in_force
    if force is not None and not kind.has_price:
        yield deny(
            DenialCode.TIME_IN_FORCE_NOT_POSSIBLE,
            f"time_in_force is {force}; a {kind} order takes none.",
        )
    if terms.post_only and kind is not OrderType.LIMIT:
        yield deny(
            DenialCode.POST_ONLY_NOT_POSSIBLE,
            f"post_only is true; only a limit order can be post-only, not a {kind} order.",
        )
    elif terms.post_only and force not in {None, TimeInForce.GTC}:
        yield deny(
            DenialCode.POST_ONLY_NOT_POSSIBLE,
            f"post_only is true; its time_in_force must be gtc, not {force}.",
        )
