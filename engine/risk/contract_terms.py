"""Terms that only contracts have: all of a position, an end by date, the price that is watched."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.decimals import plain
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce, TriggerBy
from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny

#: Binance USDⓈ-M: goodTillDate must be later than now by more than this (REST documentation, 2026).
SHORTEST_GOOD_MS = 600_000
CLOSING = (OrderType.STOP, OrderType.TAKE_PROFIT)


def contract_violations(
    terms: OrderTerms, instrument: Instrument, now_ms: int | None
) -> Iterator[Denied]:
    """Yield what is wrong with the terms of contracts; `now_ms` None leaves the date alone."""
    yield from _closing(terms, instrument)
    yield from _good_till(terms, instrument, now_ms)
    if terms.trigger_by is not TriggerBy.LAST:
        yield from _trigger_by(terms, instrument)


def _closing(terms: OrderTerms, instrument: Instrument) -> Iterator[Denied]:
    if not terms.close_position:
        return
    said = "close_position is true"
    if instrument.market_type == "spot":
        yield deny(
            DenialCode.CLOSE_POSITION_NOT_POSSIBLE, f"{said}; only orders of contracts take it."
        )
    elif terms.order_type not in CLOSING:
        yield deny(
            DenialCode.CLOSE_POSITION_NOT_POSSIBLE,
            f"{said}; only a {' or a '.join(CLOSING)} order takes it, not a"
            f" {terms.order_type} order.",
        )
    amount = terms.quantity if terms.quantity is not None else terms.quote_quantity
    if amount is not None:
        yield deny(
            DenialCode.CLOSE_POSITION_NOT_POSSIBLE,
            f"{said} and {plain(amount)} is given as amount; an order that closes all there is"
            " takes none.",
        )
    if terms.reduce_only:
        yield deny(
            DenialCode.CLOSE_POSITION_NOT_POSSIBLE,
            f"{said} and reduce_only is true; close_position alone says both.",
        )


def _good_till(terms: OrderTerms, instrument: Instrument, now_ms: int | None) -> Iterator[Denied]:
    is_dated = terms.time_in_force is TimeInForce.GTD
    if is_dated and terms.good_till_ms is None:
        yield deny(
            DenialCode.GOOD_TILL_MISSING,
            "time_in_force is gtd and good_till_ms is missing; such an order needs its end.",
        )
    if not is_dated and terms.good_till_ms is not None:
        yield deny(
            DenialCode.GOOD_TILL_NOT_POSSIBLE,
            f"good_till_ms is {terms.good_till_ms} and time_in_force is"
            f" {terms.time_in_force or 'not given'}; an order with an end must say gtd.",
        )
    if is_dated and instrument.market_type == "spot":
        yield deny(
            DenialCode.GOOD_TILL_NOT_POSSIBLE,
            "time_in_force is gtd; only orders of contracts take it.",
        )
    elif is_dated and now_ms is not None and terms.good_till_ms is not None:
        first_ms = now_ms + SHORTEST_GOOD_MS
        if terms.good_till_ms <= first_ms:
            yield deny(
                DenialCode.GOOD_TILL_TOO_SOON,
                f"good_till_ms is {terms.good_till_ms}; it must be more than"
                f" {SHORTEST_GOOD_MS // 1000} s from now, later than {first_ms}.",
                good_till_ms=terms.good_till_ms,
                first_ms=first_ms,
            )


def _trigger_by(terms: OrderTerms, instrument: Instrument) -> Iterator[Denied]:
    said = f"trigger_by is {terms.trigger_by}"
    if instrument.market_type == "spot":
        yield deny(
            DenialCode.TRIGGER_BY_NOT_POSSIBLE,
            f"{said}; on spot a trigger always watches the last price.",
        )
    elif not terms.order_type.has_trigger:
        yield deny(
            DenialCode.TRIGGER_BY_NOT_POSSIBLE,
            f"{said}; a {terms.order_type} order has no trigger.",
        )
