"""What an exchange's answer to a placement makes of its order, and what follows at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from engine.domain.end_reason import Reason, Refused
from engine.domain.events import Event, EventKind
from engine.domain.lanes import submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Duplicate, Placed, Refusal, SubmitAnswer, Unclear
from engine.errors import ExchangeRefused, Retryable
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.reconciliation import apply_refusal, apply_report

#: Definite refusals of a passing kind (clock, overload, nobody listening) end here at the latest;
#: the due set brings a released order back every two seconds while it is valid.
MOST_ATTEMPTS = 30
#: A clock that does not come right, or an overload that lasts, is a person's affair by then.
ATTEMPTS_TO_ALARM = 3


def commit_answer(context: AccountContext, claimed: Order, answer: SubmitAnswer) -> Order:
    """Write down what the exchange said to this attempt, and hasten what follows."""
    if isinstance(answer, Refusal) and answer.may_stand:
        answer = _confirm(context, claimed, answer)
    order = change_order(
        context,
        claimed.client_order_id,
        lambda order: apply_answer(order, claimed, answer, context.clock.now_ms()),
        also=_tell_answer(context, claimed, answer),
    )
    if order.is_in_doubt:
        if order.refused is None:  # Else nothing can be seen yet; the due set looks in time
            context.dispatcher.resolve_order(context.name, order.client_order_id)
    elif order.status is not OrderStatus.INITIALIZED and not order.is_settled:
        context.dispatcher.poll_order(context.name, order.client_order_id)
    return order


def _tell_answer(context: AccountContext, claimed: Order, answer: SubmitAnswer) -> list[Event]:
    """Return what the attempt came to, and an alarm where the order is refused again and again."""
    tell = partial(
        context.tell, client_order_id=claimed.client_order_id, symbol=claimed.terms.symbol
    )
    said = describe_answer(answer)
    told = [tell(EventKind.ATTEMPT, said)]
    is_passing = isinstance(answer, Refusal) and answer.is_passing
    if is_passing and claimed.attempt == ATTEMPTS_TO_ALARM:
        told.append(tell(EventKind.ALARM, f"{said}, {claimed.attempt} times now; it is tried on"))
    return told


def _confirm(context: AccountContext, claimed: Order, answer: Refusal) -> SubmitAnswer:
    """Look for an order that is refused for what may have come about since it was accepted.

    Who stands between us and the exchange may have sent the request twice; then the answer is of
    the copy, and the order stands. Before another attempt, or a denial, it is looked for then.
    """
    symbol, name, lane = claimed.terms.symbol, claimed.client_order_id, submit_lane(claimed)
    try:
        heard = replace(answer, heard_at_ms=ask_exchange_time(context, lane))
        if _is_for_now(claimed, answer):
            return heard
        report = context.gateway.find_order(symbol, client_order_id=name, lane=lane)
    except (Retryable, ExchangeRefused):
        return Unclear(message=f"{answer.code} {answer.message}; nobody could tell if it stands")
    if report is not None:
        return Placed(report=report)
    if not context.timings.query_lag_ms:
        return heard
    said = f"{answer.code} {answer.message}; believed when queries have caught up"
    return Unclear(message=said, refused=_refused(heard))


def _refused(answer: Refusal) -> Refused | None:
    if answer.heard_at_ms is None:
        return None
    return Refused(reason=_reason(answer), heard_at_ms=answer.heard_at_ms)


def _reason(answer: Refusal) -> Reason:
    return Reason(code=answer.code, message=answer.message)


def apply_answer(order: Order, claimed: Order, answer: SubmitAnswer, now_ms: int) -> Order:
    """Return the order after the answer to the attempt `claimed`. Pure.

    Proof that the order exists counts from whatever attempt it comes. A refusal counts only
    for the attempt that is current: an older one says nothing about a newer request.
    """
    if isinstance(answer, Placed):
        return apply_report(order, answer.report, now_ms)
    is_current = (order.attempt, order.nonce) == (claimed.attempt, claimed.nonce)
    if isinstance(answer, Unclear) and is_current and order.is_in_doubt:
        return replace(order, refused=answer.refused)
    if not isinstance(answer, Refusal) or not is_current or not order.is_in_doubt:
        return order
    if _is_for_now(order, answer):
        return _release(order, answer, now_ms)
    return apply_refusal(order, _reason(answer), now_ms)


def _is_for_now(order: Order, answer: Refusal) -> bool:
    """Tell whether another attempt may follow; one that comes too late for it is denied then."""
    return answer.is_passing and order.attempt < MOST_ATTEMPTS


def _release(order: Order, answer: Refusal, now_ms: int) -> Order:
    """Return the order to INITIALIZED: this attempt placed nothing, for all that was heard."""
    back = replace(order.to(OrderStatus.INITIALIZED), refused=_refused(answer))
    return replace(back, nonce=None, signed_at_ms=None, last_event_at_ms=now_ms)


def describe_answer(answer: SubmitAnswer) -> str:
    if isinstance(answer, Placed):
        return f"placed as {answer.report.exchange_order_id}"
    if isinstance(answer, Refusal):
        kind = "refused for now" if answer.is_passing else "refused"
        return f"{kind}: {answer.code} {answer.message}"
    if isinstance(answer, Duplicate):
        return f"the exchange already has an order with this id: {answer.message}"
    assert isinstance(answer, Unclear)
    return f"in doubt: {answer.message}"
