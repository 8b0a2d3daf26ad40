"""What an exchange's answer to a placement makes of its order, and what follows at once."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.end_reason import Reason, Refused
from engine.domain.events import EventKind
from engine.domain.lanes import submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Duplicate, Placed, Refusal, SubmitAnswer, Unclear
from engine.errors import ExchangeRefused, Retryable
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.reconciliation import apply_refusal, apply_report

#: Definite refusals of a passing kind (clock, overload, nobody listening) end here at the latest;
#: the due set brings a released order back every two seconds while it is valid.
MOST_ATTEMPTS = 30


def commit_answer(context: AccountContext, claimed: Order, answer: SubmitAnswer) -> Order:
    """Write down what the exchange said to this attempt, and hasten what follows."""
    answer = _confirm(context, claimed, answer)
    order = change_order(
        context,
        claimed.client_order_id,
        lambda order: apply_answer(order, claimed, answer, context.clock.now_ms()),
        also=[
            context.tell(
                EventKind.ATTEMPT,
                describe_answer(answer),
                client_order_id=claimed.client_order_id,
                symbol=claimed.terms.symbol,
            )
        ],
    )
    if order.is_in_doubt and order.refused is None:
        context.dispatcher.resolve_order(context.name, order.client_order_id)
    elif order.status is not OrderStatus.INITIALIZED and not order.is_settled:
        context.dispatcher.poll_order(context.name, order.client_order_id)
    return order


def _confirm(context: AccountContext, claimed: Order, answer: SubmitAnswer) -> SubmitAnswer:
    """Look for an order that is refused for what may have come about since it was accepted.

    Who stands between us and the exchange may have sent the request twice; then the answer is of
    the copy, and the order stands. Before another attempt, or a denial, it is looked for then.
    """
    if not isinstance(answer, Refusal) or not answer.may_stand or _is_for_now(claimed, answer):
        return answer
    symbol, name, lane = claimed.terms.symbol, claimed.client_order_id, submit_lane(claimed)
    try:
        heard_at_ms = context.gateway.exchange_now_ms()
        report = context.gateway.find_order(symbol, client_order_id=name, lane=lane)
    except (Retryable, ExchangeRefused):
        return Unclear(message=f"{answer.code} {answer.message}; nobody could tell if it stands")
    if report is not None:
        return Placed(report=report)
    return _believe_later(answer, heard_at_ms) if context.timings.query_lag_ms else answer


def _believe_later(answer: Refusal, heard_at_ms: int) -> Unclear:
    reason = Reason(code=answer.code, message=answer.message)
    return Unclear(
        message=f"{answer.code} {answer.message}; believed when queries have caught up",
        refused=Refused(reason=reason, heard_at_ms=heard_at_ms),
    )


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
        return _release(order, now_ms)
    return apply_refusal(order, Reason(code=answer.code, message=answer.message), now_ms)


def _is_for_now(order: Order, answer: Refusal) -> bool:
    """Tell whether another attempt may follow; one that comes too late for it is denied then."""
    return answer.is_passing and order.attempt < MOST_ATTEMPTS


def _release(order: Order, now_ms: int) -> Order:
    """Return the order to INITIALIZED: this attempt certainly placed nothing."""
    back = order.to(OrderStatus.INITIALIZED)
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
