"""The wire breaks: what was asked may have happened, and nobody says so."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.doubt import resolution
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import (
    LIMIT,
    PAST_WINDOW_MS,
    error_body,
    sent,
    submit_into,
)
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus


def status(number: int, body: str = "oops") -> dict[str, Any]:
    return {"answer": "status", "status": number, "body": body}


#: Answers after which an order may stand at the exchange or not.
SILENT: dict[str, dict[str, Any]] = {
    "reset in the middle of the answer": {"answer": "reset"},
    "closed in the middle of a chunk": {"answer": "chunked"},
    "500": status(500),
    "503": status(503, "<html>Service Temporarily Unavailable</html>"),
    "504": status(504),
    "505": status(505),
    "524": status(524, "<html>A timeout occurred</html>"),
    "529": status(529, ""),
    "409": status(409, error_body(-2021, "Order cancel-replace partially failed.")),
    "-1000": status(400, error_body(-1000, "An unknown error occurred.")),
    "-1001": status(400, error_body(-1001, "Internal error; unable to process your request.")),
    "-1006": status(400, error_body(-1006, "An unexpected response was received.")),
    "-1016": status(400, error_body(-1016, "This service is no longer available.")),
}


@pytest.mark.parametrize("name", SILENT)
def test_an_unclear_answer_is_resolved_by_looking(desk: Desk, name: str) -> None:
    """The order was taken: it is found by its id, was sent once, and is booked."""
    order = submit_into(desk, SILENT[name])
    assert order.status is S.SUBMITTED
    done = desk.deliver().order(order.client_order_id)
    assert (done.status, sent(desk, order)) == (S.FILLED, 1)
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize(
    "name", ["reset in the middle of the answer", "504", "524", "-1000", "-1001", "-1006"]
)
def test_an_unclear_answer_to_nothing_ends_as_not_placed(desk: Desk, name: str) -> None:
    """The order was not taken: in doubt until its window is over, never sent again."""
    order = submit_into(desk, SILENT[name] | {"effect": False})
    assert desk.deliver().order(order.client_order_id).status is S.SUBMITTED, "too early to tell"
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    resolution.resolve_order(desk.context, order.client_order_id)
    done = desk.order(order.client_order_id)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert (done.reason.code, sent(desk, order)) == ("NOT_PLACED", 1)
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("is_taken", [True, False])
def test_an_answer_that_never_comes(hasty: Desk, is_taken: bool) -> None:
    """Silence says nothing about the order; only the window and a look do."""
    order = submit_into(hasty, {"answer": "hang", "effect": is_taken})
    assert order.status is S.SUBMITTED
    hasty.deliver()
    if not is_taken:
        assert hasty.order(order.client_order_id).status is S.SUBMITTED, "too early to tell"
    hasty.paper.control.set_clock(PAST_WINDOW_MS)
    resolution.resolve_order(hasty.context, order.client_order_id)
    end = S.FILLED if is_taken else S.REJECTED
    assert hasty.deliver().order(order.client_order_id).status is end
    assert sent(hasty, order) == 1
    assert_equal_to_exchange(hasty)


def test_an_order_that_arrives_after_its_time_out(hasty: Desk) -> None:
    """It is looked for too early, found nowhere, not given up, and found when it is there."""
    order = submit_into(hasty, {"delay_before_ms": 2_500})
    resolution.resolve_order(hasty.context, order.client_order_id)
    assert hasty.order(order.client_order_id).is_in_doubt
    assert hasty.exchange_orders() == []
    hasty.messages.waiting.clear()
    eventually(hasty.exchange_orders)
    done = hasty.sweep().order(order.client_order_id)
    assert (done.status, done.contradicted) == (S.FILLED, False)
    assert_equal_to_exchange(hasty)


def test_an_overload_that_refuses_for_certain(desk: Desk) -> None:
    """-1008 in an answer of the 4xx kind placed nothing: the same id is tried again, once."""
    overload = error_body(-1008, "Request throttled by system-level protection.")
    order = submit_into(desk, status(400, overload) | {"effect": False})
    assert (order.status, order.attempt) == (S.INITIALIZED, 1)
    done = desk.sweep().order(order.client_order_id)
    assert (done.status, done.attempt) == (S.FILLED, 2)
    assert_equal_to_exchange(desk)


def test_maintenance(desk: Desk) -> None:
    """What is on its way is in doubt, what is recorded waits; afterwards each is there once."""
    resting = desk.place(**LIMIT)
    desk.deliver()
    waiting = desk.place(**LIMIT)
    doubtful = submit_into(desk, status(503))
    desk.paper.control.add_fault(count=None, **status(503), effect=False)
    desk.restart_engine()  # A worker that was not there before
    desk.deliver().sweep()
    at_work = [desk.order(one.client_order_id).status for one in (resting, doubtful, waiting)]
    assert at_work == [S.ACCEPTED, S.SUBMITTED, S.INITIALIZED]
    desk.paper.control.clear_faults()
    desk.sweep()
    ended = [desk.order(one.client_order_id).status for one in (resting, doubtful, waiting)]
    assert ended == [S.ACCEPTED, S.FILLED, S.ACCEPTED]
    assert_equal_to_exchange(desk)
