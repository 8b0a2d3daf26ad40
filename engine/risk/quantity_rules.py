"""How much may be ordered: steps, limits and the least value."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.domain.decimals import is_multiple, plain
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny


def quantity_violations(
    terms: OrderTerms, instrument: Instrument, reference_price: Decimal | None
) -> Iterator[Denied]:
    """Yield what is wrong with the size; its value is judged at the order's own price first."""
    yield from _quantities(terms, instrument)
    yield from _notional(terms, instrument, reference_price)


def _quantities(terms: OrderTerms, instrument: Instrument) -> Iterator[Denied]:
    if terms.quantity is None and terms.quote_quantity is None and not terms.close_position:
        yield deny(
            DenialCode.QUANTITY_MISSING,
            "quantity is missing; an order needs a quantity or a quote_quantity.",
        )
    if terms.quantity is not None and terms.quote_quantity is not None:
        yield deny(
            DenialCode.QUANTITY_AMBIGUOUS,
            f"quantity is {plain(terms.quantity)} and quote_quantity is"
            f" {plain(terms.quote_quantity)}; only one of them is allowed.",
        )
    if terms.quantity is not None:
        is_market = not terms.order_type.has_price
        yield from _quantity(terms.quantity, instrument, is_market)
    if terms.quote_quantity is not None:
        yield from _quote_quantity(terms.quote_quantity, terms.order_type, instrument)


def _quantity(quantity: Decimal, instrument: Instrument, is_market: bool) -> Iterator[Denied]:
    step, base = instrument.step_for(is_market), instrument.base
    least, most = instrument.minimum_for(is_market), instrument.maximum_for(is_market)
    said = f"quantity is {plain(quantity)}; it must be"
    if quantity <= 0:
        yield deny(DenialCode.QUANTITY_NOT_POSITIVE, f"{said} above 0.", quantity=quantity)
    elif quantity < least:
        yield deny(
            DenialCode.QUANTITY_TOO_SMALL,
            f"{said} at least {plain(least)} {base}.",
            quantity=quantity,
            min_quantity=least,
        )
    elif most is not None and quantity > most:
        yield deny(
            DenialCode.QUANTITY_TOO_LARGE,
            f"{said} at most {plain(most)} {base}.",
            quantity=quantity,
            max_quantity=most,
        )
    elif not is_multiple(quantity, step):
        yield deny(
            DenialCode.QUANTITY_OFF_STEP,
            f"{said} a multiple of {plain(step)} {base}.",
            quantity=quantity,
            step=step,
        )


def _quote_quantity(amount: Decimal, kind: OrderType, instrument: Instrument) -> Iterator[Denied]:
    said = f"quote_quantity is {plain(amount)}"
    if kind is not OrderType.MARKET:
        yield deny(
            DenialCode.QUOTE_QUANTITY_NOT_POSSIBLE,
            f"{said}; only a market order takes one, a {kind} order needs a quantity.",
        )
    if amount <= 0:
        yield deny(DenialCode.QUANTITY_NOT_POSITIVE, f"{said}; it must be above 0.")
    elif not is_multiple(amount, instrument.quote_step):
        yield deny(
            DenialCode.QUOTE_QUANTITY_OFF_STEP,
            f"{said}; it must be a multiple of {plain(instrument.quote_step)} {instrument.quote}.",
            quote_quantity=amount,
            step=instrument.quote_step,
        )


def _notional(
    terms: OrderTerms, instrument: Instrument, reference_price: Decimal | None
) -> Iterator[Denied]:
    if terms.only_reduces and not instrument.has_smallest_exit:
        return
    price = terms.price or terms.trigger_price or reference_price
    if terms.quote_quantity is not None:
        worth = terms.quote_quantity
    elif terms.quantity is not None and price is not None:
        worth = instrument.notional(terms.quantity, price)
    else:
        return
    if worth < instrument.min_notional:
        at = f" at {plain(price)}" if price is not None and terms.quantity is not None else ""
        yield deny(
            DenialCode.NOTIONAL_TOO_SMALL,
            f"the order is worth {plain(worth)} {instrument.quote}{at}; it must be at least"
            f" {plain(instrument.min_notional)} {instrument.quote}.",
            notional=worth,
            min_notional=instrument.min_notional,
        )
