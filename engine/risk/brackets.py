"""The stop and the target of an entry: are they on the right side, and can they be ordered?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order_terms import TriggerBy
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.errors import InvalidRequest
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate
from engine.risk.instrument_rules import price_violations

#: In hedge mode these never open: each position has its own side.
CLOSED_BY = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}


def check_bracket(candidate: Candidate) -> Denied | None:
    """Deny an entry whose stop or target could not protect what it fills."""
    context = candidate.context
    price = context.reference_price(candidate.intent.side)
    found = bracket_violations(candidate.intent, context.instrument, price)
    return found[0] if found else None


def require_bracket(
    intent: OrderIntent, instrument: Instrument, reference_price: Decimal | None
) -> None:
    """Raise InvalidRequest, one sentence for each fault; for the border, as `require_valid`."""
    found = bracket_violations(intent, instrument, reference_price)
    if found:
        raise InvalidRequest(" ".join(one.message for one in found))


def bracket_violations(
    intent: OrderIntent, instrument: Instrument, reference_price: Decimal | None
) -> tuple[Denied, ...]:
    """Return everything that is wrong with the stop and the target of a wish.

    They are compared with the entry's own price, else its trigger, else `reference_price`.
    """
    entry = intent.price or intent.trigger_price or reference_price
    legs = (
        ("stop_loss", intent.stop_loss, intent.side is Side.BUY),
        ("take_profit", intent.take_profit, intent.side is Side.SELL),
    )
    found = (
        denied
        for field, price, is_below in legs
        if price is not None
        for denied in _leg(field, price, intent, instrument, entry, is_below=is_below)
    )
    return (*found, *_trigger(intent, instrument), *_size(intent, instrument))


def _size(intent: OrderIntent, instrument: Instrument) -> Iterator[Denied]:
    """A stop closes at market: one of more than a market order may have is refused each time."""
    largest = instrument.maximum_for(is_market=True)
    if intent.stop_loss is None or intent.quantity is None or largest is None:
        return
    if intent.quantity > largest:
        yield deny(
            DenialCode.QUANTITY_TOO_LARGE,
            f"quantity is {plain(intent.quantity)}; with a stop_loss, which is a market order, it"
            f" must be at most {plain(largest)} {instrument.base}.",
            quantity=intent.quantity,
            max_quantity=largest,
        )


def _trigger(intent: OrderIntent, instrument: Instrument) -> Iterator[Denied]:
    said = f"stop_trigger_by is {intent.stop_trigger_by}"
    if intent.stop_trigger_by is not None and intent.stop_loss is None:
        yield deny(DenialCode.TRIGGER_BY_NOT_POSSIBLE, f"{said}; there is no stop to watch it.")
    elif intent.stop_trigger_by is TriggerBy.MARK and instrument.market_type == "spot":
        yield deny(
            DenialCode.TRIGGER_BY_NOT_POSSIBLE,
            f"{said}; on spot a stop always watches the last price.",
        )


def _leg(
    field: str,
    price: Decimal,
    intent: OrderIntent,
    instrument: Instrument,
    entry: Decimal | None,
    *,
    is_below: bool,
) -> Iterator[Denied]:
    if not opens(intent, instrument):
        why = _why_it_closes(intent, instrument)
        yield deny(
            DenialCode.PROTECTION_NOT_POSSIBLE,
            f"{field} is {plain(price)}; an order that only closes ({intent.side}, {why}) has"
            " none.",
        )
        return
    yield from price_violations(field, price, instrument)
    if entry is not None and (price >= entry if is_below else price <= entry):
        is_stop = field == "stop_loss"
        yield deny(
            DenialCode.STOP_ON_WRONG_SIDE if is_stop else DenialCode.TARGET_ON_WRONG_SIDE,
            f"{field} is {plain(price)}; to {intent.side} at {plain(entry)}, it must be"
            f" {'below' if is_below else 'above'} that.",
            price=price,
            entry=entry,
        )


def opens(intent: OrderIntent, instrument: Instrument) -> bool:
    """Tell whether the order may open a position: a spot sale never does."""
    return not _why_it_closes(intent, instrument)


def _why_it_closes(intent: OrderIntent, instrument: Instrument) -> str:
    """Return why the order can only close; "" where it may open."""
    if intent.reduce_only or intent.close_position:
        return "reduce-only"
    if intent.side is CLOSED_BY.get(intent.position_side):
        return f"of the {intent.position_side} position"
    return "on spot" if instrument.market_type == "spot" and intent.side is Side.SELL else ""


def on_ticks(intent: OrderIntent, instrument: Instrument) -> OrderIntent:
    """Return a signal's wish with stop and target on ticks, each the one nearer to the entry.

    A strategy reckons with prices that no exchange has; neither the loss may grow by that, nor
    the target move out of reach.
    """
    is_long = intent.side is Side.BUY
    return replace(
        intent,
        stop_loss=_nearest(intent.stop_loss, instrument, is_up=is_long),
        take_profit=_nearest(intent.take_profit, instrument, is_up=not is_long),
    )


def _nearest(price: Decimal | None, instrument: Instrument, *, is_up: bool) -> Decimal | None:
    if price is None or instrument.is_on_tick(price):
        return price
    below, above = instrument.nearest_prices(price)
    return above if is_up else below
