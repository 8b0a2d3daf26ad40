"""The two halves of a REVERSE: close, and when that is done, open the other side.

What comes next follows from the store alone, so a crash between the two changes nothing: whoever
looks at the signal again goes on. Both halves have keys of the signal's own; each acts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.domain.decimals import plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms
from engine.domain.position import PositionState
from engine.domain.risk import Denied
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.execution.context import AccountContext
from engine.execution.placing.surroundings import Surroundings
from engine.execution.signalling.closing import all_denied, is_recorded
from engine.execution.signalling.signal_sides import intent_of
from engine.risk.book import current_position, is_spot
from engine.risk.brackets import check_bracket
from engine.risk.codes import DenialCode
from engine.risk.context import Candidate, terms_of
from engine.risk.gate import first_denial
from engine.risk.signals import check_stop

#: Records the orders of a signal that is LONG, SHORT or CLOSE: one, or several that close.
Place = Callable[[AccountContext, Signal], Sequence[Order]]

ON_SPOT = (
    "on spot REVERSE closes the long position and opens nothing: a spot account holds no short"
)


def reverse(context: AccountContext, record: SignalRecord, place: Place) -> SignalRecord:
    """Take the next step; the record stays RECEIVED until both are done, or one is denied."""
    wish = record.signal
    denied = _foresee(context, record)
    if denied:
        return replace(record, status=SignalStatus.DENIED, code=denied.code, message=denied.message)
    closings = place(context, replace(wish, signal_type=SignalType.CLOSE))
    closing = closings[0]
    record = replace(record, closing_order_id=closing.client_order_id)
    if all_denied(closings):
        return _denied(record, closing)
    instrument = _instrument(context, wish.symbol)
    if instrument.market_type == "spot":
        return _ordered(record, closing, ON_SPOT)
    if not all(order.is_settled for order in closings):
        return record
    left = _left(context, instrument, closing)
    if left:
        return replace(
            record,
            status=SignalStatus.DENIED,
            client_order_id=closing.client_order_id,
            code=DenialCode.NOT_CLOSED,
            message=f"{_ended(closings)} with {left} left; the other side was not opened.",
        )
    opened = place(context, opening(wish, closing.terms))[0]
    if opened.status is OrderStatus.DENIED:
        return _denied(record, opened)
    return _ordered(record, opened, "closed and opened the other side")


def _foresee(context: AccountContext, record: SignalRecord) -> Denied | None:
    """Return why the second half would be no order, before anything is closed for it.

    Asked only while the first half is not recorded: afterwards its prices are judged anew.
    """
    if is_spot(record.signal.symbol) or is_recorded(context, record.signal):
        return None
    closing = intent_of(context, replace(record.signal, signal_type=SignalType.CLOSE))
    book, terms = context.store.load_risk_book(), terms_of(closing)
    if current_position(book, terms.position).direction is PositionState.FLAT:
        return None  # The first half says so
    wish = opening(record.signal, terms)
    intent = intent_of(context, wish)
    seen = Surroundings(context).look(intent, book, wish)
    candidate = Candidate(intent=intent, terms=terms_of(intent), context=seen)
    return first_denial(candidate, (check_stop, check_bracket))


def opening(wish: Signal, closed_by: OrderTerms) -> Signal:
    """Return the second half of a REVERSE: what was sold away was long, so it opens a short."""
    is_short = closed_by.side is Side.SELL
    side = closed_by.position_side
    if side is not PositionSide.BOTH:
        side = PositionSide.SHORT if is_short else PositionSide.LONG
    other = SignalType.SHORT if is_short else SignalType.LONG
    return replace(wish, signal_type=other, position_side=side, key=f"{wish.key}/open")


def _left(context: AccountContext, instrument: Instrument, closing: Order) -> str:
    """Return what is still held on the side that was to be closed; "" when that is nothing."""
    held = current_position(context.store.load_risk_book(), closing.terms.position).net_quantity
    is_over = held * closing.terms.side.sign >= 0 or instrument.is_dust(held)
    return "" if is_over else f"{plain(abs(held))} {instrument.base}"


def _ended(closings: Sequence[Order]) -> str:
    if len(closings) == 1:
        return f"the closing order ended as {closings[0].status}"
    counts = Counter(order.status for order in closings)
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"the {len(closings)} closing orders ended as {said}"


def _instrument(context: AccountContext, symbol: str) -> Instrument:
    return next(one for one in context.gateway.load_instruments() if one.symbol == symbol)


def _ordered(record: SignalRecord, order: Order, message: str) -> SignalRecord:
    return replace(
        record,
        status=SignalStatus.ORDERED,
        client_order_id=order.client_order_id,
        message=message,
    )


def _denied(record: SignalRecord, order: Order) -> SignalRecord:
    reason = order.reason
    return replace(
        record,
        status=SignalStatus.DENIED,
        client_order_id=order.client_order_id,
        code=reason.code if reason else "",
        message=reason.message if reason else "",
    )
