"""A message that comes twice, at once, or again after a broken connection changes nothing."""

from __future__ import annotations

from decimal import Decimal

import psutil
import pytest

from engine.domain.order_status import OrderStatus
from tests.fleet import Fleet
from tests.house import key_of
from tests.settled import assert_ends_equal
from tests.tape import RedisTape
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
S = OrderStatus
RESTING = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}
SUBMIT = "orders.submit_order"


def test_messages_that_come_many_times_place_one_order(fleet: Fleet, trader: Trader) -> None:
    """Ten copies of a message for two processes at once; the exchange sees one order."""
    order = trader.place(**RESTING)
    for _ in range(10):
        fleet.send(SUBMIT, trader.account, order.client_order_id)
        fleet.send("orders.resolve_order", trader.account, order.client_order_id)
    eventually(lambda: trader.order(order.client_order_id).status is S.ACCEPTED)
    assert_ends_equal(fleet, trader)
    sent = trader.paper.control.stats()["sent_client_ids"]
    assert sent[order.client_order_id] == 1


def test_a_message_with_the_same_id_twice(fleet: Fleet, trader: Trader, tape: RedisTape) -> None:
    """What a publisher repeats whose first reply was lost has one id: it may run twice."""
    order = trader.place(**RESTING)
    for _ in range(2):
        fleet.send(SUBMIT, trader.account, order.client_order_id, task_id="same-id")
    eventually(lambda: _ends(tape, "same-id") == 2)
    assert_ends_equal(fleet, trader)
    assert len(trader.exchange_orders()) == 1


@pytest.mark.parametrize("lost", ["answer", "nothing"])
def test_the_broker_hangs_up_in_the_middle_of_a_task(
    fleet: Fleet, trader: Trader, tape: RedisTape, lost: str
) -> None:
    """The task that runs is not started again; its order is placed once."""
    control = trader.paper.control
    control.clear_stats()
    if lost == "answer":
        control.drop_after(key=key_of(trader.account), delay_after_ms=700)
    else:
        control.add_fault(command="order.place", key=key_of(trader.account), delay_after_ms=700)
    order = trader.place(quantity=1)
    eventually(lambda: control.stats()["placed_client_ids"])
    hang_up(fleet)
    fleet.await_answers(*fleet.workers)
    eventually(lambda: trader.order(order.client_order_id).exchange_order_id)
    assert_ends_equal(fleet, trader)
    assert control.stats()["sent_client_ids"] == {order.client_order_id: 1}
    started = [event["uuid"] for event in tape.events("task-started")]
    submits = {message.task_id for message in tape.messages(SUBMIT, trader.account)}
    assert [started.count(task_id) for task_id in submits] == [1]


def hang_up(fleet: Fleet) -> None:
    """Break every connection to the broker but those of the tests themselves."""
    ours = {connection.laddr.port for connection in psutil.Process().net_connections()}
    with fleet.system.messages.client() as client:
        for known in client.client_list():
            if int(known["addr"].rpartition(":")[2]) not in ours:
                client.client_kill_filter(addr=known["addr"])


def _ends(tape: RedisTape, task_id: str) -> int:
    tape.catch_up()
    return sum(event["uuid"] == task_id for event in tape.events("task-succeeded"))
