"""Send two recorded orders in one list, once: the exchange ends one when the other trades.

Each order keeps its own record, id, claim and nonce; only the request is joint. It leaves when
both are claimed for the same signing time. An order whose partner was not claimed with it is
never sent: unclaimed it is denied, claimed it ends as refused by ourselves, or, after a crash
between the two claims, as shown never to have arrived. In doubt, each is looked for by its own
id.
"""

from __future__ import annotations

from engine.domain.end_reason import Reason
from engine.domain.lanes import submit_lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Refusal
from engine.domain.risk import RiskBook
from engine.domain.trading_state import TradingState
from engine.errors import ExchangeRefused, InvalidRequest, Retryable, StoreUnclear
from engine.execution.context import AccountContext
from engine.execution.placing.earlier_attempt import stand_already
from engine.execution.placing.submission import (
    DENIALS,
    claim_form,
    end_unsent,
    find_obstacle,
    only_reduces,
)
from engine.execution.placing.submit_answer import commit_answer
from engine.ports import ClaimOutcome, Versioned

Pair = tuple[Versioned[Order], Versioned[Order]]

NOT_TOGETHER = Reason(
    code="NOT_TOGETHER", message="the order that it belongs in one list with was not sent with it"
)


def submit_list(context: AccountContext, client_order_id: str) -> OrderStatus:
    """Send the order and its partner if both are unsent; safe to call any number of times."""
    stored = context.store.load_order(client_order_id)
    order = stored.value
    if order.is_in_doubt:
        context.dispatcher.resolve_order(context.name, client_order_id)
    if order.status is not OrderStatus.INITIALIZED:
        return order.status
    partner = context.store.load_order(order.partner_id)
    if partner.value.status is not OrderStatus.INITIALIZED:
        return _without_partner(context, order, partner.value).status
    # The same one first for everybody, so that of two callers one wins both claims
    first, second = sorted((stored, partner), key=lambda one: one.value.client_order_id)
    _submit_pair(context, (first, second))
    return context.store.load_order(client_order_id).value.status


def _without_partner(context: AccountContext, order: Order, partner: Order) -> Order:
    """End an order that cannot be sent any more, unless both claims may be under way right now."""
    ends_ms = partner.signature_ends_ms
    is_young = ends_ms is not None and context.gateway.exchange_past_ms() <= ends_ms
    if partner.is_in_doubt and is_young:
        return order  # The due set brings it back
    return end_unsent(context, order.client_order_id, NOT_TOGETHER)


def _submit_pair(context: AccountContext, pair: Pair) -> None:
    state = context.store.load_state()
    books = _reducing_books(context, pair) if state.trading_state is not TradingState.ACTIVE else {}
    now_ms = context.clock.now_ms()
    for stored in pair:
        order = stored.value
        reduces = order.client_order_id in books
        obstacle = find_obstacle(order, state, now_ms, reduces=reduces)
        if obstacle is not None:
            _give_way(context, pair, obstacle)
            return
    _claim_and_send(context, pair, books)


def _reducing_books(context: AccountContext, pair: Pair) -> dict[str, RiskBook]:
    """Return the book by which each of the orders can only shrink its position."""
    book = context.store.load_risk_book()
    return {
        stored.value.client_order_id: book for stored in pair if only_reduces(stored.value, book)
    }


def _give_way(context: AccountContext, pair: Pair, obstacle: ClaimOutcome | Reason) -> None:
    """End both where the obstacle is final; leave them to the sweep where it passes."""
    reason = obstacle if isinstance(obstacle, Reason) else DENIALS.get(obstacle)
    if reason is not None:
        for stored in pair:
            end_unsent(context, stored.value.client_order_id, reason)
    elif obstacle is ClaimOutcome.EPOCH_HOLD:
        context.dispatcher.reconcile(context.name)


def _claim_and_send(context: AccountContext, pair: Pair, books: dict[str, RiskBook]) -> None:
    nonces = (context.random.nonce(), context.random.nonce())
    orders = (pair[0].value, pair[1].value)
    try:
        if stand_already(context, orders):
            return
        context.gateway.prepare_list(orders, nonce=nonces[0], lane=submit_lane(orders[0]))
        signed_at_ms = context.gateway.exchange_now_ms()
    except InvalidRequest as error:
        _give_way(context, pair, Reason(code=error.code, message=str(error)))
        return
    except (Retryable, ExchangeRefused):
        return  # Nothing happened; the due set brings them back while they are valid
    window_ms = context.timings.recv_window_ms
    first, second = (
        claim_form(order, nonce, signed_at_ms, window_ms)
        for order, nonce in zip(orders, nonces, strict=True)
    )
    if not _claim(context, pair[0], first, books):
        context.gateway.refund_submit(nonces[0])
        return
    if not _claim(context, pair[1], second, books):
        context.gateway.refund_submit(nonces[0])
        refusal = Refusal(code=NOT_TOGETHER.code, message=NOT_TOGETHER.message)
        commit_answer(context, first, refusal)  # It is ours, and certainly nothing was sent
        return
    answers = context.gateway.submit_list((first, second))
    for claimed, answer in zip((first, second), answers, strict=True):
        commit_answer(context, claimed, answer)


def _claim(
    context: AccountContext, stored: Versioned[Order], claimed: Order, books: dict[str, RiskBook]
) -> bool:
    """Claim one of the two; an unclear claim is none, and resolving ends its order."""
    try:
        outcome = context.store.claim(
            stored.version, claimed, reducing=books.get(claimed.client_order_id)
        )
    except StoreUnclear:
        return False
    if outcome in DENIALS:
        end_unsent(context, claimed.client_order_id, DENIALS[outcome])
    return outcome is ClaimOutcome.CLAIMED
