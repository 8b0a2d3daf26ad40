"""Refusals behind which the order may stand all the same, and queries that show it late."""

from __future__ import annotations

import json

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.doubt import resolution
from tests.desk import TIMINGS, Desk
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOM = [
    '{"code":-2010,"msg":"Account has insufficient balance for requested action."}',
    '{"code":-1013,"msg":"Filter failure: MAX_NUM_ALGO_ORDERS"}',
]


@pytest.mark.parametrize("body", ROOM)
def test_a_refusal_of_a_copy_does_not_bury_the_order(desk: Desk, body: str) -> None:
    """Sent twice on the way, the first is taken, and the answer is the second's: it stands."""
    desk.paper.control.answer_status(400, body)
    order = desk.place(order_type="limit", quantity=1, price="99")
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.ACCEPTED
    assert len(desk.exchange_orders()) == 1


@pytest.mark.parametrize("body", ROOM)
def test_a_refusal_for_want_of_room_is_believed_when_nothing_stands(desk: Desk, body: str) -> None:
    """At once: nobody waits for a window."""
    desk.paper.control.answer_status(400, body, effect=False)
    order = desk.place(order_type="limit", quantity=1, price="99")
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.REJECTED
    assert desk.exchange_orders() == []


def test_a_refusal_that_nobody_can_look_behind_is_a_doubt(desk: Desk) -> None:
    """The question fails; the order is resolved as any doubt, and found."""
    desk.paper.control.answer_status(400, ROOM[0])
    desk.paper.control.drop_before("order.status")
    order = desk.place(order_type="limit", quantity=1, price="99")
    submit, *_ = desk.messages.take()
    desk.carry_out(submit)
    assert desk.order(order.client_order_id).is_in_doubt
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.ACCEPTED


@pytest.fixture
def patient(desk: Desk) -> Desk:
    """An account whose exchange's queries may lag behind."""
    settings = json.loads(desk.config_path.read_text())
    settings["execution"] = TIMINGS | {"query_lag_ms": 1_000}
    desk.config_path.write_text(json.dumps(settings))
    desk.restart_engine()
    return desk


def resolved(desk: Desk, client_order_id: str) -> OrderStatus | None:
    """Look once more; the status when the doubt is over."""
    status = resolution.resolve_order(desk.context, client_order_id)
    return None if status is OrderStatus.SUBMITTED else status


@pytest.mark.parametrize("body", ROOM)
def test_an_order_that_queries_show_late_is_not_buried(patient: Desk, body: str) -> None:
    """The question comes too early to see it; the refusal is believed only later."""
    control = patient.paper.control
    control.set_read_lag(700)
    control.answer_status(400, body)
    name = patient.place(order_type="limit", quantity=1, price="99").client_order_id
    patient.deliver()
    assert patient.order(name).is_in_doubt
    assert eventually(lambda: resolved(patient, name)) is OrderStatus.ACCEPTED
    assert len(patient.exchange_orders()) == 1


@pytest.mark.parametrize("body", ROOM)
def test_a_refusal_is_what_ends_it_when_nothing_shows(patient: Desk, body: str) -> None:
    """In its own words, and long before the window ends."""
    patient.paper.control.answer_status(400, body, effect=False)
    name = patient.place(order_type="limit", quantity=1, price="99").client_order_id
    patient.deliver()
    assert patient.order(name).is_in_doubt
    assert eventually(lambda: resolved(patient, name)) is OrderStatus.REJECTED
    reason = patient.order(name).reason
    assert reason is not None
    assert (reason.code, reason.message) == tuple(map(str, json.loads(body).values()))


def test_no_attempt_follows_before_queries_show_the_one_before(patient: Desk) -> None:
    """The copy came too late, the first has traded: asked at once, the exchange knows nothing."""
    control = patient.paper.control
    control.set_read_lag(700)
    control.answer_status(400, '{"code":-1021,"msg":"Timestamp is outside of the recvWindow."}')
    name = patient.place(quantity=1).client_order_id
    patient.deliver()
    assert patient.order(name).status is OrderStatus.INITIALIZED

    def brought_back() -> bool:
        return patient.sweep().order(name).status is not OrderStatus.INITIALIZED

    assert eventually(brought_back)
    assert patient.order(name).attempt == 1
    assert len(patient.exchange_orders()) == 1
