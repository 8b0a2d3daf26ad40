"""Send a recorded order, once.

Everything that can wait happens before the claim. The claim is the point of no return: it
fixes the owner (a nonce) and the signing time, and the exchange's own window then refuses
whatever is sent too late. Nothing is ever sent for an order that was found SUBMITTED.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.decimals import ZERO
from engine.domain.end_reason import Reason
from engine.domain.lanes import Lane, submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.risk import RiskBook
from engine.domain.trading_state import AccountState, TradingState
from engine.errors import AccountHeld, ExchangeRefused, InvalidRequest, Retryable, StoreUnclear
from engine.execution.changes import change_order
from engine.execution.changing.trailing import watch_again
from engine.execution.context import AccountContext
from engine.execution.doubt.resolution import tell_a_person
from engine.execution.placing.earlier_attempt import stand_already
from engine.execution.placing.submit_answer import commit_answer
from engine.execution.reconciliation import apply_denial
from engine.ports import ClaimOutcome, Versioned
from engine.risk.trading_state import is_reducing

DENIALS = {
    ClaimOutcome.HALTED: Reason(code="HALTED", message="the account is halted"),
    ClaimOutcome.REDUCING: Reason(
        code="REDUCING_ONLY", message="the account only takes orders that shrink a position"
    ),
    ClaimOutcome.STALE: Reason(
        code="STALE", message="the order was not sent within the time that it was valid for"
    ),
}
CANCELED = Reason(code="CANCELED", message="cancelled before it was sent")


def submit_order(context: AccountContext, client_order_id: str) -> OrderStatus:
    """Send the order if it is still unsent; safe to call at any time, any number of times."""
    stored = context.store.load_order(client_order_id)
    order = stored.value
    if order.is_in_doubt:
        context.dispatcher.resolve_order(context.name, client_order_id)
    is_unsent = order.status is OrderStatus.INITIALIZED and not order.is_waiting
    if not is_unsent or order.partner_id:
        return order.status  # One of a list is never sent alone: see sending.py
    state, book = context.store.load_state(), None
    if state.trading_state is not TradingState.ACTIVE:
        seen = context.store.load_risk_book()
        book = seen if only_reduces(order, seen) else None
    obstacle = find_obstacle(order, state, context.clock.now_ms(), reduces=book is not None)
    if obstacle is None:
        return _claim_and_send(context, stored, book).status
    return _give_way(context, order, obstacle).status


def only_reduces(order: Order, book: RiskBook) -> bool:
    """Tell whether the order, with all that is unfinished, can only shrink its position.

    Of a pair the other order takes nothing away: one of them trades.
    """
    other = order.partner_id or order.rival_id
    unfinished = tuple(one for one in book.reservations if one.client_order_id != other)
    book = replace(book, reservations=unfinished)
    held = (one for one in book.reservations if one.client_order_id == order.client_order_id)
    reserved = next(held, None)
    price = reserved.price if reserved else order.terms.price or ZERO
    return is_reducing(book, order.terms, price, without=order.client_order_id)


def find_obstacle(
    order: Order, state: AccountState, now_ms: int, *, reduces: bool
) -> ClaimOutcome | Reason | None:
    """Return why the claim would fail, without trying it; None when it should pass."""
    if state.is_held:  # First: nothing else may end an order whose claim may be lost
        return ClaimOutcome.EPOCH_HOLD
    if order.cancel_requested_at_ms is not None:
        return CANCELED
    if order.is_stale(now_ms):
        return ClaimOutcome.STALE
    needs_halt = order.emergency_run != ""
    is_halted = state.trading_state is TradingState.HALTED
    if (is_halted or needs_halt) and not is_flattening(order, state):
        return ClaimOutcome.HALTED
    if state.trading_state is not TradingState.ACTIVE and not reduces:
        return ClaimOutcome.REDUCING
    return None


def is_flattening(order: Order, state: AccountState) -> bool:
    """Tell whether the order is of the emergency run that the account is halted for."""
    return order.emergency_run != "" and order.emergency_run == state.emergency_run


def _give_way(context: AccountContext, order: Order, obstacle: ClaimOutcome | Reason) -> Order:
    """End the order where the obstacle is final; leave it to the sweep where it passes."""
    reason = obstacle if isinstance(obstacle, Reason) else DENIALS.get(obstacle)
    if reason is not None:
        return end_unsent(context, order.client_order_id, reason)
    if obstacle is ClaimOutcome.EPOCH_HOLD:
        context.dispatcher.reconcile(context.name)
    return order


def end_unsent(
    context: AccountContext, client_order_id: str, reason: Reason, lane: Lane | None = None
) -> Order:
    """Deny an order that is not to be sent any more, unless a refused attempt of it stands.

    While nobody can tell, it is left to the due set, and where the exchange refuses to say, to a
    person. The look goes by the order's own lane unless another is given. A trailing stop that
    went off and came too late is watched again.
    """
    order = context.store.load_order(client_order_id).value
    try:
        if stand_already(context, [order], lane):
            return context.store.load_order(client_order_id).value
    except Retryable:
        return order
    except ExchangeRefused as error:  # Its market may be gone: asking again will not help
        what = f"refused, and the exchange does not say whether a copy of it stands: {error}"
        tell_a_person(context, order, what)
        return order
    if reason is DENIALS[ClaimOutcome.STALE] and order.trail is not None:
        return watch_again(context, client_order_id)
    return deny_order(context, client_order_id, reason)


def deny_order(context: AccountContext, client_order_id: str, reason: Reason) -> Order:
    """End an order that was never claimed; one that was, or may have been, is left as it is.

    On a held account the store may have lost the claim: the reconcile puts such orders in doubt.
    The write itself looks at the hold, since the server may have died a moment ago.
    """

    def deny(order: Order) -> Order:
        if order.status is not OrderStatus.INITIALIZED:
            return order
        return apply_denial(order, reason, context.clock.now_ms())

    try:
        return change_order(context, client_order_id, deny, is_held_back=True)
    except AccountHeld:
        context.dispatcher.reconcile(context.name)
        return context.store.load_order(client_order_id).value


def _claim_and_send(
    context: AccountContext, stored: Versioned[Order], reducing: RiskBook | None
) -> Order:
    order, nonce = stored.value, context.random.nonce()
    try:
        if stand_already(context, [order]):
            return context.store.load_order(order.client_order_id).value
        context.gateway.prepare_submit(order, nonce=nonce, lane=submit_lane(order))
        signed_at_ms = context.gateway.exchange_now_ms()
    except InvalidRequest as error:
        reason = Reason(code=error.code, message=str(error))
        return deny_order(context, order.client_order_id, reason)
    except (Retryable, ExchangeRefused):
        return order  # Nothing happened; the due set brings it back while it is valid
    claimed = claim_form(order, nonce, signed_at_ms, context.timings.recv_window_ms)
    try:
        outcome = context.store.claim(
            stored.version, claimed, reducing=reducing, emergency_run=order.emergency_run
        )
    except StoreUnclear:
        # Not a claim: nobody may send. If it was written, resolving ends the order
        context.gateway.refund_submit(nonce)
        return order
    if outcome is not ClaimOutcome.CLAIMED:
        context.gateway.refund_submit(nonce)
        return order if outcome is ClaimOutcome.LOST else _give_way(context, order, outcome)
    return commit_answer(context, claimed, context.gateway.submit(claimed))


def claim_form(order: Order, nonce: str, signed_at_ms: int, recv_window_ms: int) -> Order:
    """Return the order as its claim writes it."""
    return replace(
        order.to(OrderStatus.SUBMITTED),
        attempt=order.attempt + 1,
        nonce=nonce,
        signed_at_ms=signed_at_ms,
        recv_window_ms=recv_window_ms,
        refused=None,
    )
