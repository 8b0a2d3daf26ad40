"""Answers that say nothing: never a second order, never a lost one, never a guess."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Refusal
from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest
from engine.execution.doubt import resolution, settling
from engine.execution.ending.cancellation import request_cancel
from engine.execution.placing import submission, submit_answer
from engine.execution.stopping.trading import halt, resume
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.markets import later_on_both_markets, on_both_markets
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus

#: Past window, tail and margins of the desk's timings.
PAST_WINDOW_MS = 120_000

#: Answers that hide what the exchange did (`effect` True: it took the order).
UNCLEAR: dict[str, dict[str, Any]] = {
    "dropped": {"answer": "drop"},
    "junk": {"answer": "malformed"},
    "web page": {"answer": "html"},
    "cut": {"answer": "truncated"},
    "empty": {"answer": "empty"},
    "bad gzip": {"answer": "gzip"},
    "redirect": {"answer": "redirect"},
    "bad gateway": {"answer": "status", "status": 502, "body": "Bad Gateway"},
    "-1007": {
        "answer": "status",
        "status": 408,
        "body": '{"code":-1007,"msg":"Timeout waiting for response from backend server."}',
    },
    "unknown error": {
        "answer": "status",
        "status": 503,
        "body": '{"code":-1003,"msg":"Unknown error, please check your request or try again."}',
    },
    "timeout": {"answer": "normal", "delay_after_ms": 4_000},
}


def place_with_fault(desk: Desk, fault: dict[str, Any], **fields: Any) -> Order:
    """Send one order into a fault; return it as it stands before anything resolves it."""
    order = desk.place(**({"quantity": 1} | fields))
    desk.paper.control.add_fault(method="POST", path=desk.order_path, **fault)
    submission.submit_order(desk.context, order.client_order_id)
    return desk.order(order.client_order_id)


@later_on_both_markets
@pytest.mark.parametrize("name", sorted(UNCLEAR))
def test_an_unclear_answer_after_accept(desk: Desk, name: str) -> None:
    """The order stays in doubt, is found by its id, and exists once."""
    order = place_with_fault(desk, UNCLEAR[name])
    assert order.status is S.SUBMITTED
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.FILLED
    assert len(desk.exchange_orders()) == 1
    assert_equal_to_exchange(desk)


@later_on_both_markets
@pytest.mark.parametrize("name", ["dropped", "bad gateway"])
def test_an_order_that_never_arrived(desk: Desk, name: str) -> None:
    """It stays in doubt until its window has passed, then ends as NOT_PLACED with evidence."""
    order = place_with_fault(desk, UNCLEAR[name] | {"effect": False})
    assert order.status is S.SUBMITTED
    desk.messages.waiting.clear()
    resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).status is S.SUBMITTED, "too early to tell"
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    resolution.resolve_order(desk.context, order.client_order_id)
    done = desk.order(order.client_order_id)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert done.reason.code == "NOT_PLACED"
    assert (
        dict(done.reason.evidence)["server_time_ms"] > dict(done.reason.evidence)["window_ends_ms"]
    )
    assert desk.exchange_orders() == []
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_a_doubt_is_never_ended_by_a_second_send(desk: Desk) -> None:
    """However often the message is delivered, an order that was sent is only looked for."""
    order = place_with_fault(desk, UNCLEAR["dropped"] | {"effect": False})
    for _ in range(5):
        submission.submit_order(desk.context, order.client_order_id)
    desk.deliver()
    assert desk.exchange_orders() == []
    placed = desk.paper.control.stats()
    assert desk.order(order.client_order_id).attempt == 1, placed


@on_both_markets
def test_a_late_arrival_is_adopted_and_alarmed(desk: Desk) -> None:
    """An order that shows up after NOT_PLACED is taken in, and a person is told."""
    order = place_with_fault(
        desk, UNCLEAR["dropped"] | {"effect": False}, order_type="limit", price=Decimal("99.50")
    )
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    desk.deliver()
    assert desk.order(order.client_order_id).status is S.REJECTED
    desk.control.place(
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "99.50",
            "newClientOrderId": order.client_order_id,
        },
        key=desk.key,
    )
    assert_equal_to_exchange(desk)
    found = desk.order(order.client_order_id)
    assert found.status is S.ACCEPTED
    assert found.contradicted
    timeline = desk.context.store.load_timeline(order.client_order_id)
    assert "alarm" in {event.kind for event in timeline}


def test_a_cancel_by_somebody_else_replaced_the_id(desk: Desk) -> None:
    """An order in doubt whose id was replaced is not called NOT_PLACED: a person settles it."""
    order = place_with_fault(desk, UNCLEAR["dropped"], order_type="limit", price=Decimal("99.50"))
    desk.control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    desk.deliver()
    doubtful = desk.order(order.client_order_id)
    assert doubtful.status is S.SUBMITTED
    theirs = str(desk.exchange_orders()[0]["order_id"])
    settled = settling.settle_as(desk.context, order.client_order_id, theirs, "a person")
    assert settled.status is S.CANCELED
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_a_known_order_cancelled_by_somebody_else(desk: Desk) -> None:
    """With the exchange's id known, the replaced client id hides nothing."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    desk.control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    done = desk.sweep().order(order.client_order_id)
    assert done.status is S.CANCELED
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_our_own_cancel_of_a_doubtful_order(desk: Desk) -> None:
    """A wish to cancel survives the doubt and is carried out when the order is found."""
    order = place_with_fault(desk, UNCLEAR["dropped"], order_type="limit", price=Decimal("99.50"))
    request_cancel(desk.context, order.client_order_id)
    done = desk.deliver().sweep().order(order.client_order_id)
    assert done.status is S.CANCELED
    assert_equal_to_exchange(desk)


@on_both_markets
def test_a_duplicate_answer_is_proof_not_rejection(desk: Desk) -> None:
    """-2010 "Duplicate order sent.", of contracts -4116: an order of this id lives, so find it."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.paper.control.clear_stats()
    desk.control.place(
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "99.50",
            "newClientOrderId": order.client_order_id,
        },
        key=desk.key,
    )
    done = desk.deliver().order(order.client_order_id)
    code = "-4116" if desk.trades_contracts else "-2010"
    assert desk.paper.control.stats()["codes"][code] == 1
    assert (done.status, done.attempt) == (S.ACCEPTED, 1)
    assert len(desk.exchange_orders()) == 1
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_an_order_invisible_to_queries_at_first(desk: Desk) -> None:
    """Read lag after accept: "not found" proves nothing while the window is open."""
    order = place_with_fault(desk, UNCLEAR["dropped"] | {"invisible_ms": 2_000})
    desk.deliver()
    assert desk.order(order.client_order_id).status is S.SUBMITTED
    eventually(lambda: desk.sweep().order(order.client_order_id).status is S.FILLED)
    assert_equal_to_exchange(desk)


@on_both_markets
def test_a_worker_that_slept_past_the_window(desk: Desk) -> None:
    """The exchange refuses the old signature; the refusal is definite, a new attempt follows."""
    order = desk.place(quantity=1)
    context = desk.context
    stored = context.store.load_order(order.client_order_id)
    context.gateway.prepare_submit(stored.value, nonce="sleepy")
    signed_at_ms = context.gateway.exchange_now_ms() - 6_000
    claimed = submission.claim_form(stored.value, "sleepy", signed_at_ms, 5_000)
    context.store.claim(stored.version, claimed)
    answer = context.gateway.submit(claimed)
    released = submit_answer.commit_answer(context, claimed, answer)
    assert released.status is S.INITIALIZED
    assert desk.exchange_orders() == []
    done = desk.sweep().order(order.client_order_id)
    assert done.status is S.FILLED
    assert done.attempt == 2
    assert_equal_to_exchange(desk)


def test_an_answer_of_an_older_attempt_is_evidence_only(desk: Desk) -> None:
    """A refusal that comes late cannot end what a newer attempt is doing."""
    order = replace(desk.place(quantity=1), status=S.SUBMITTED, attempt=2, nonce="new")
    older = replace(order, attempt=1, nonce="old")
    refusal = Refusal(code="-2010", message="no")
    assert submit_answer.apply_answer(order, older, refusal, 1) == order
    assert submit_answer.apply_answer(order, order, refusal, 1).status is S.REJECTED


@on_both_markets
def test_halt_denies_the_unsent_and_names_those_in_flight(desk: Desk) -> None:
    """After halt nothing is claimed; cancels still pass."""
    resting = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    doubtful = place_with_fault(desk, UNCLEAR["dropped"] | {"effect": False})
    unsent = desk.place(quantity=1)
    in_flight = halt(desk.context, "a test")
    assert [order.client_order_id for order in in_flight] == [doubtful.client_order_id]
    denied = desk.deliver().order(unsent.client_order_id)
    assert denied.status is S.DENIED
    assert denied.reason is not None
    assert denied.reason.code == "HALTED"
    assert desk.context.store.load_state().trading_state is TradingState.HALTED
    request_cancel(desk.context, resting.client_order_id)
    assert desk.deliver().sweep().order(resting.client_order_id).status is S.CANCELED
    assert desk.place(quantity=1).status is S.DENIED
    with pytest.raises(InvalidRequest, match=f"{doubtful.client_order_id} is in doubt"):
        resume(desk.context)
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    desk.sweep()
    resume(desk.context)
    after = desk.place(quantity=1)
    assert desk.deliver().order(after.client_order_id).status is S.FILLED


@pytest.mark.parametrize(("before_ms", "after_ms"), [(0, 30_000), (60_000, 30_000)])
def test_the_exchanges_clock_jumps(desk: Desk, before_ms: int, after_ms: int) -> None:
    """A refused timestamp is definite: the clock is measured anew and the order placed once."""
    desk.paper.control.set_clock(before_ms)
    desk.context.gateway.measure_clock()
    order = desk.place(quantity=1)
    desk.paper.control.set_clock(after_ms)
    assert desk.deliver().order(order.client_order_id).status is S.INITIALIZED
    done = desk.sweep().order(order.client_order_id)
    assert done.status is S.FILLED
    assert len(desk.exchange_orders()) == 1
    assert_equal_to_exchange(desk)


def test_our_other_cancelled_order_is_no_lookalike(desk: Desk) -> None:
    """A cancelled order of the same terms that is known as another of ours hides nothing."""
    limit = {"order_type": "limit", "price": Decimal("99.50")}
    other = desk.place(quantity=1, **limit)
    desk.deliver()
    request_cancel(desk.context, other.client_order_id)
    desk.deliver()
    order = place_with_fault(desk, UNCLEAR["dropped"] | {"effect": False}, **limit)
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    done = desk.deliver().sweep().order(order.client_order_id)
    assert done.status is S.REJECTED
    assert_equal_to_exchange(desk)


def test_while_reducing_only_what_shrinks_the_position_is_claimed(desk: Desk) -> None:
    """A sale of what is held passes, a buy does not, and a second sale cannot flip it."""
    desk.place(quantity=1)
    desk.deliver()
    context = desk.context
    before = [desk.place(side="sell", quantity=Decimal("0.6")) for _ in range(2)]
    entry = desk.place(quantity=1)
    context.store.set_trading_state(TradingState.REDUCING, "a test")
    desk.deliver()
    statuses = [desk.order(order.client_order_id).status for order in (*before, entry)]
    assert statuses.count(S.FILLED) == 1
    assert statuses[2] is S.DENIED
    assert desk.place(side="sell", quantity=Decimal("0.2")).status is S.INITIALIZED
    assert desk.place(quantity=1).status is S.DENIED
