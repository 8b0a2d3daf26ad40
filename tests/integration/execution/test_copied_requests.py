"""A request that somebody on the way sends twice, and of which only the copy is answered."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from engine.execution.doubt.settling import settle_not_placed
from engine.execution.stopping import emergency, trading
from engine.order_request import OrderRequest
from engine.store.keys import AccountKeys
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration

#: The copy comes too late, or is one order too many: of both another attempt may go well.
PASSING = {
    "too late": '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}',
    "too many": '{"code":-1015,"msg":"Too many new orders; current limit is 50 orders per 10 s."}',
}
OCO = "orderList.place.oco"


@pytest.mark.parametrize("name", sorted(PASSING))
@pytest.mark.parametrize("kind", ["market", "limit"])
def test_an_order_whose_copy_is_refused_for_now_is_sent_once(
    desk: Desk, name: str, kind: str
) -> None:
    """The first is taken, and traded where it can be: another attempt would be a second order."""
    desk.paper.control.answer_status(400, PASSING[name])
    order = desk.place(order_type=kind, quantity=1, price="101" if kind == "limit" else None)
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.INITIALIZED

    desk.sweep().sweep()

    assert desk.order(order.client_order_id).status is OrderStatus.FILLED
    assert len(desk.exchange_orders()) == 1
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("name", sorted(PASSING))
def test_an_order_that_is_refused_for_now_is_sent_again(desk: Desk, name: str) -> None:
    """Nothing stands: the next attempt goes out as it always did."""
    desk.paper.control.answer_status(400, PASSING[name], effect=False)
    order = desk.place(quantity=1)
    desk.deliver().sweep()
    done = desk.order(order.client_order_id)
    assert (done.status, done.attempt) == (OrderStatus.FILLED, 2)
    assert len(desk.exchange_orders()) == 1


def test_an_order_that_is_refused_again_and_again_is_an_alarm(desk: Desk) -> None:
    """Once: a clock that does not come right is a person's affair; the attempts go on."""
    desk.paper.control.answer_status(400, PASSING["too late"], effect=False, count=5)
    order = desk.place(quantity=1)
    desk.deliver()
    while desk.order(order.client_order_id).status is OrderStatus.INITIALIZED:
        desk.sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED
    told = desk.context.store.load_timeline(order.client_order_id)
    alarms = [event.message for event in told if event.kind is EventKind.ALARM]
    assert len(alarms) == 1
    assert "-1021" in alarms[0]
    assert "3 times" in alarms[0]


def test_nothing_is_sent_again_while_nobody_can_tell(desk: Desk) -> None:
    """The question fails: the order waits unsent, and is found later."""
    desk.paper.control.answer_status(400, PASSING["too late"])
    order = desk.place(quantity=1)
    desk.deliver()
    desk.paper.control.drop_before("order.status")
    desk.sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.INITIALIZED
    desk.sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED
    assert len(desk.exchange_orders()) == 1


def test_an_order_whose_time_is_over_is_looked_for_before_it_is_denied(desk: Desk) -> None:
    """It traded: called stale, its trade would be nobody's."""
    desk.paper.control.answer_status(400, PASSING["too many"])
    order = desk.place(quantity=1)
    desk.deliver()
    desk.clock.pass_time(60_000)
    desk.sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED


def refuse_copy(desk: Desk, **fields: Any) -> str:
    """Place an order whose first copy the exchange takes; return its id, unsent here."""
    desk.paper.control.answer_status(400, PASSING["too late"])
    order = desk.place(quantity=1, **fields)
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.INITIALIZED
    return order.client_order_id


def test_a_halt_does_not_deny_what_may_stand(desk: Desk) -> None:
    """It has no time to ask; whoever takes the order up next finds it, and sends nothing."""
    name = refuse_copy(desk, order_type="limit", price="90")
    left = trading.halt(desk.context, "a test")
    assert [order.client_order_id for order in left] == [name]

    desk.paper.control.drop_before("order.status")
    desk.sweep()
    assert desk.order(name).status is OrderStatus.INITIALIZED
    with pytest.raises(InvalidRequest, match="not sent and not denied yet"):
        trading.resume(desk.context)

    desk.sweep()
    assert desk.order(name).status is OrderStatus.ACCEPTED
    assert len(desk.exchange_orders()) == 1


def test_a_halt_ends_what_was_refused_in_truth(desk: Desk) -> None:
    """Nothing stands: the order is denied at the next look, and a resume waits for nothing."""
    desk.paper.control.answer_status(400, PASSING["too many"], effect=False)
    order = desk.place(quantity=1)
    desk.deliver()
    trading.halt(desk.context, "a test")
    desk.sweep()
    ended = desk.order(order.client_order_id)
    assert (ended.status, ended.reason.code if ended.reason else "") == (
        OrderStatus.DENIED,
        "HALTED",
    )
    trading.resume(desk.context)
    assert desk.exchange_orders() == []


@pytest.mark.parametrize("kind", ["market", "limit"])
def test_an_emergency_stop_finds_what_may_stand(desk: Desk, kind: str) -> None:
    """By itself: the ordinary workers may be dead."""
    name = refuse_copy(desk, order_type=kind, price="90" if kind == "limit" else None)
    emergency.begin_emergency(desk.context, "a test")
    run = emergency.work_emergency(desk.context, 30_000)
    assert run is not None
    assert run.is_clean, run.problems
    ended = {"market": OrderStatus.FILLED, "limit": OrderStatus.CANCELED}[kind]
    assert desk.order(name).status is ended
    assert set(desk.exchange_totals()) == {"USDT"}
    assert [one for one in desk.exchange_orders() if one["status"] == "NEW"] == []


def test_an_emergency_stop_ends_what_was_refused_in_truth(desk: Desk) -> None:
    """And does not end itself before it has looked."""
    desk.paper.control.answer_status(400, PASSING["too late"], effect=False)
    order = desk.place(quantity=1)
    desk.deliver()
    emergency.begin_emergency(desk.context, "a test")
    desk.paper.control.drop_before("order.status")
    run = emergency.work_emergency(desk.context, 30_000)
    assert run is not None
    assert run.is_clean, run.problems
    assert run.round > 1
    assert desk.order(order.client_order_id).status is OrderStatus.DENIED


def test_a_person_ends_what_the_exchange_does_not_tell(desk: Desk) -> None:
    """Its market may be gone: it is told, waits unsent, and ends by a person's word."""
    name = refuse_copy(desk, order_type="limit", price="90")
    trading.halt(desk.context, "a test")
    unknown = '{"code":-1121,"msg":"Invalid symbol."}'
    desk.paper.control.answer_status(400, unknown, command="order.status")
    desk.sweep()
    told = [event.message for event in desk.context.store.load_timeline(name)]
    assert any("augustan order settle" in message for message in told)
    assert desk.order(name).status is OrderStatus.INITIALIZED

    settle_not_placed(desk.context, name, "a person")
    ended = desk.order(name)
    assert ended.status is OrderStatus.DENIED
    assert ended.reason is not None
    assert ended.reason.code == "NOT_PLACED"


def test_a_person_is_told_when_nothing_may_be_denied_yet(desk: Desk) -> None:
    """The store may have lost that it was sent: who repeats it after the reconcile is heard."""
    name = refuse_copy(desk, order_type="limit", price="90")
    key = AccountKeys(desk.context.identity.slug).account()
    # What a restart does to the account; the server stays for the other tests
    desk.engine.store.client.write("HSET", key, "run_id", "an-earlier-life")

    with pytest.raises(InvalidRequest, match="before account desk is reconciled"):
        settle_not_placed(desk.context, name, "a person")

    assert desk.order(name).status is OrderStatus.INITIALIZED
    desk.deliver().sweep()
    assert desk.order(name).status is OrderStatus.ACCEPTED
    assert len(desk.exchange_orders()) == 1


def test_a_list_whose_copy_is_refused_for_now_is_sent_once(desk: Desk) -> None:
    """Both orders are taken in by the same look."""
    names = refuse_list(desk)
    desk.sweep().sweep()
    assert {desk.order(name).status for name in names} == {OrderStatus.ACCEPTED}
    assert len(desk.exchange_orders()) == 2


def test_orders_of_a_list_that_stands_are_not_denied_one_after_the_other(desk: Desk) -> None:
    """The first one's cancel ends both, and gives the other an id that says nothing."""
    names = refuse_list(desk)
    for name in names:
        desk.orders.cancel_order(name)
    desk.deliver().sweep()
    assert {desk.order(name).status for name in names} == {OrderStatus.CANCELED}
    assert {one["status"] for one in desk.exchange_orders()} == {"CANCELED"}
    assert_equal_to_exchange(desk)


def refuse_list(desk: Desk) -> tuple[str, ...]:
    """Place two orders as one list of which the exchange takes a first copy; return their ids."""
    wish = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.4", "account": "desk"}
    pair = (
        OrderRequest(**wish, order_type="limit", price="95"),
        OrderRequest(**wish, order_type="stop", trigger_price="105"),
    )
    desk.paper.control.answer_status(400, PASSING["too late"], command=OCO)
    desk.paper.control.drop_before("order.status")  # Nor does the other one's message find them
    placed = desk.orders.place_one_cancels_other(pair, wait=False)
    desk.deliver()
    assert {desk.order(one.order_id).status for one in placed} == {OrderStatus.INITIALIZED}
    return tuple(one.order_id for one in placed)
