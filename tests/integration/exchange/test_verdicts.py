"""Every kind of answer to a placement against what the exchange's ledger then shows.

The one law: never "refused" while an order is there, never "placed" while none is.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.fill import Side
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.report import Duplicate, Placed, Refusal, SubmitAnswer, Unclear
from tests.integration.exchange.house import House, build_house, error_body
from tests.paper import PaperControl, PaperExchange

pytestmark = pytest.mark.integration

RESTING: dict[str, Any] = {"quantity": Decimal("0.01"), "price": Decimal(50_000)}
UNKNOWN_503 = error_body(-1003, "Unknown error, please check your request or try again later.")
#: What the server does to a placement -> what it proves.
FAULTS: dict[str, tuple[dict[str, Any], type[Any]]] = {
    "dropped before it was taken": ({"answer": "drop", "effect": False}, Unclear),
    "dropped after it was taken": ({"answer": "drop"}, Unclear),
    "silent before it was taken": ({"answer": "hang", "effect": False}, Unclear),
    "silent after it was taken": ({"answer": "hang"}, Unclear),
    "answered too late": ({"delay_after_ms": 900}, Unclear),
    "truncated": ({"answer": "truncated"}, Unclear),
    "malformed JSON": ({"answer": "malformed"}, Unclear),
    "empty": ({"answer": "empty"}, Unclear),
    "HTML with 200": ({"answer": "html"}, Unclear),
    "garbage that claims to be gzip": ({"answer": "gzip"}, Unclear),
    "redirected, taken": ({"answer": "redirect"}, Unclear),
    "redirected, not taken": ({"answer": "redirect", "effect": False}, Unclear),
    "500 after it was taken": ({"status": 500, "body": "oops"}, Unclear),
    "502": ({"status": 502, "effect": False}, Unclear),
    "503 Service Unavailable on spot": (
        {"status": 503, "body": error_body(-1000, "Service Unavailable."), "effect": False},
        Unclear,
    ),
    "503 Unknown error, taken": ({"status": 503, "body": UNKNOWN_503}, Unclear),
    "503 with -1008 on spot": (
        {"status": 503, "body": error_body(-1008, "Server is busy."), "effect": False},
        Unclear,
    ),
    "504": ({"status": 504, "effect": False}, Unclear),
    "524": ({"status": 524}, Unclear),
    "408 after it was taken": ({"status": 408, "body": error_body(-1007, "Timeout")}, Unclear),
    "408 with a code that is final": ({"status": 408, "body": error_body(-1013, "no")}, Unclear),
    "400 with -1006, taken": ({"status": 400, "body": error_body(-1006, "bus")}, Unclear),
    "400 with -1007, taken": ({"status": 400, "body": error_body(-1007, "unknown")}, Unclear),
    "400 with -1000, taken": ({"status": 400, "body": error_body(-1000, "unknown")}, Unclear),
    "400 with -1001, taken": ({"status": 400, "body": error_body(-1001, "internal")}, Unclear),
    "400 with -1016, taken": ({"status": 400, "body": error_body(-1016, "shutting")}, Unclear),
    "400 with code 0, taken": ({"status": 400, "body": error_body(0, "")}, Unclear),
    "400 with HTML": ({"status": 400, "body": "<html>", "effect": False}, Unclear),
    "403 of a firewall": ({"status": 403, "body": "<html>", "effect": False}, Unclear),
    "429 of somebody between": ({"status": 429, "body": "slow down", "effect": False}, Unclear),
    "200 with an error inside": ({"status": 200, "body": error_body(-2010, "no")}, Unclear),
    "200 about another order": (
        {"status": 200, "body": '{"orderId":7,"clientOrderId":"x","symbol":"BTCUSDT"}'},
        Unclear,
    ),
    "429 with the exchange's JSON": (
        {"status": 429, "body": error_body(-1003, "Too many requests"), "effect": False},
        Refusal,
    ),
    "418 with the exchange's JSON": (
        {"status": 418, "body": error_body(-1003, "banned"), "effect": False},
        Refusal,
    ),
    "400 with -1008": (
        {"status": 400, "body": error_body(-1008, "overload"), "effect": False},
        Refusal,
    ),
}


def put_fault(control: PaperControl, fault: dict[str, Any]) -> None:
    answer = {"answer": "status"} if "status" in fault else {}
    control.add_fault(method="POST", path="/api/v3/order", **answer | fault)


def is_placed(control: PaperControl, client_order_id: str) -> bool:
    return any(client_order_id in order["client_order_ids"] for order in control.orders())


def check_against_ledger(answer: SubmitAnswer, is_there: bool) -> None:
    if isinstance(answer, (Placed, Duplicate)):
        assert is_there
    if isinstance(answer, Refusal):
        assert not is_there


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_answer_proves_only_what_it_proves(
    name: str, house: House, control: PaperControl
) -> None:
    """Each fault of the wire gets its verdict, sends one request, and never contradicts."""
    fault, verdict = FAULTS[name]
    order = house.claimed(**RESTING)
    put_fault(control, fault)
    answer = house.gateway.submit(order)
    assert isinstance(answer, verdict), answer
    check_against_ledger(answer, is_placed(control, order.client_order_id))
    assert is_placed(control, order.client_order_id) == fault.get("effect", True)
    assert control.stats()["sent_client_ids"].get(order.client_order_id, 0) <= 1


def test_nobody_listening_is_a_passing_refusal(house: House, running: PaperExchange) -> None:
    """A refused connection proves that nothing left, so the same order may be tried again."""
    order = house.claimed(**RESTING)
    running.kill()
    try:
        # The first request may still leave on the old connection; later ones cannot connect
        house.gateway.submit(order)
        answer = house.gateway.submit(order)
    finally:
        running.start()
    assert isinstance(answer, Refusal)
    assert answer.is_passing
    assert answer.code == "NOT_SENT"


def test_an_address_that_does_not_exist_is_a_passing_refusal(house: House) -> None:
    """A host name that cannot be resolved proves that nothing left."""
    order = house.claimed(**RESTING)
    lost = build_house("http://no-such-host.invalid").gateway
    answer = lost.submit(order)
    assert isinstance(answer, Refusal)
    assert answer.is_passing


def test_the_first_answer_brings_the_order(house: House, control: PaperControl) -> None:
    """A limit order that rests is placed, with both ids, its price and its quantity."""
    order = house.claimed(**RESTING)
    answer = house.gateway.submit(order)
    assert isinstance(answer, Placed)
    truth = control.orders()[0]
    report = answer.report
    assert (report.status, report.filled_quantity) == (OrderStatus.ACCEPTED, 0)
    assert report.client_order_id == order.client_order_id
    assert report.exchange_order_id == str(truth["order_id"])
    assert (report.quantity, report.price) == (Decimal("0.01"), Decimal(50_000))
    assert report.created_at_ms == truth["created_at_ms"]


def test_a_duplicate_is_proof_of_an_order(house: House, control: PaperControl) -> None:
    """The same id while the first order is open is a Duplicate, never a refusal."""
    order = house.claimed(**RESTING)
    assert isinstance(house.gateway.submit(order), Placed)
    assert isinstance(house.gateway.submit(order), Duplicate)
    assert len(control.orders()) == 1


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "more than the account has": ({"quantity": Decimal(10), "price": Decimal(50_000)}, "-2010"),
    "below the smallest quantity": (
        {"quantity": Decimal("0.000001"), "price": Decimal(50_000)},
        "-1013",
    ),
    "off the tick": ({"quantity": Decimal("0.01"), "price": Decimal("50000.001")}, "-1013"),
    "too small a value": ({"quantity": Decimal("0.00001"), "price": Decimal(50_000)}, "-1013"),
    "post only that would take": (
        {"quantity": Decimal("0.01"), "price": Decimal(61_000), "post_only": True},
        "-2010",
    ),
    "a stop that would trigger at once": (
        {
            "order_type": OrderType.STOP,
            "side": Side.BUY,
            "quantity": Decimal("0.01"),
            "price": None,
            "trigger_price": Decimal(50_000),
        },
        "-2010",
    ),
    "a symbol that is not listed": (
        {"symbol": "NO/SUCH", "quantity": Decimal(1), "price": Decimal(1)},
        "-1121",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_of_the_exchange_is_final(name: str, house: House, control: PaperControl) -> None:
    """What the exchange's rules forbid is refused with its code, and no order is there."""
    terms, code = REFUSED[name]
    answer = house.gateway.submit(house.claimed(**terms))
    assert isinstance(answer, Refusal), answer
    assert answer.code in {code, "-1111"}
    assert not answer.is_passing
    assert control.orders() == []


def test_a_late_request_is_refused_by_the_exchange(house: House, control: PaperControl) -> None:
    """A signing time older than the window is -1021: not placed, and another attempt may help."""
    order = house.claimed(**RESTING)
    control.set_clock(60_000)
    answer = house.gateway.submit(order)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.is_passing) == ("-1021", True)
    assert control.orders() == []
    # Our clock is forgotten, so the next order is signed with a fresh measurement
    assert isinstance(house.gateway.submit(house.claimed(**RESTING)), Placed)


def test_a_worker_that_slept_after_its_claim_places_nothing(
    house: House, control: PaperControl
) -> None:
    """The claim's signing time goes out, however late the request leaves."""
    order = house.claimed(**RESTING)
    assert order.signed_at_ms is not None
    answer = house.gateway.submit(replace(order, signed_at_ms=order.signed_at_ms - 6_000))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.is_passing) == ("-1021", True)
    assert control.orders() == []


def test_the_window_is_checked_again_before_matching(
    running: PaperExchange, control: PaperControl
) -> None:
    """A request that waited inside the exchange beyond its window places nothing."""
    patient = build_house(running.base_url, http_timeout_ms=3_000)
    order = patient.claimed(**RESTING)
    put_fault(control, {"delay_before_matching_ms": 300})
    answer = patient.gateway.submit(replace(order, recv_window_ms=100))
    patient.gateway.close()
    assert isinstance(answer, Refusal)
    assert answer.code == "-1021"
    assert control.orders() == []


def test_too_many_requests_silences_everybody(house: House, control: PaperControl) -> None:
    """429 and 418 hand their Retry-After, or a default, to the shared allowance."""
    body = error_body(-1003, "Too many requests")
    order = house.claimed(**RESTING)
    put_fault(control, {"status": 429, "body": body, "headers": {"Retry-After": "7"}})
    answer = house.gateway.submit(order)
    assert isinstance(answer, Refusal)
    assert answer.retry_after_ms == 7_000
    put_fault(control, {"status": 418, "body": body})
    house.gateway.submit(order)
    assert house.budget.penalties_ms == [7_000, 120_000]


def test_the_order_rate_is_the_accounts_own_affair(house: House, control: PaperControl) -> None:
    """-1015 is a passing refusal, but questions and cancels of the address go on."""
    control.set_limits(orders_per_10s=1)
    try:
        house.gateway.submit(house.claimed(**RESTING))
        answer = house.gateway.submit(house.claimed(**RESTING))
    finally:
        control.set_limits(orders_per_10s=100_000)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.is_passing) == ("-1015", True)
    assert answer.retry_after_ms > 0
    assert house.budget.penalties_ms == []
    assert house.budget.order_penalties_ms == [answer.retry_after_ms]
