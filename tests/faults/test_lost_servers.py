"""A server dies, or forgets everything: the system comes back to the exchange's truth."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from tests.faults.conftest import Scene
from tests.faults.holding_proxy import Place
from tests.fleet import LaneWorker
from tests.house import set_market
from tests.settled import PATIENCE_S, assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
S = OrderStatus
RESTING = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


def test_every_message_is_lost(scene: Scene) -> None:
    """The broker is emptied while orders and a cancel wait in it: the sweeps find them."""
    trader = scene.open_trader()
    resting = trader.place(**RESTING)
    eventually(lambda: status(trader, resting) is S.ACCEPTED, timeout_s=PATIENCE_S)
    scene.victim.send(signal.SIGSTOP)
    scene.helper.send(signal.SIGSTOP)
    try:
        orders = [trader.place(quantity=1) for _ in range(3)]
        request_cancel(trader.context, resting.client_order_id)
        with scene.fleet.system.messages.client() as client:
            client.flushall()
    finally:
        scene.victim.send(signal.SIGCONT)
        scene.helper.send(signal.SIGCONT)
    for order in orders:
        eventually(lambda order=order: status(trader, order) is S.FILLED, timeout_s=PATIENCE_S)
    eventually(lambda: status(trader, resting) is S.CANCELED, timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_broker_dies(scene: Scene) -> None:
    """Placing does not fail: the order is recorded, and sent when there are messages again."""
    trader = scene.open_trader()
    messages = scene.fleet.system.messages
    messages.kill()
    try:
        order = trader.place(quantity=1)
        assert order.status is S.INITIALIZED
    finally:
        messages.start()
    eventually(lambda: status(trader, order) is S.FILLED, timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_broker_dies_while_messages_wait_for_their_time(scene: Scene) -> None:
    """No worker ends: each lets go of what it kept, and works when there is a broker again."""
    trader = scene.open_trader()
    workers = hold_messages(scene, trader)
    scene.fleet.system.messages.kill()
    scene.fleet.system.messages.start()
    order = trader.place(quantity=1)
    eventually(lambda: status(trader, order) is S.FILLED, timeout_s=PATIENCE_S)
    assert {worker: worker.pid for worker in workers if worker.is_running} == workers
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_broker_is_full_while_messages_wait_for_their_time(scene: Scene) -> None:
    """It gives a message and does not let it be noted as given; no worker ends at that."""
    trader = scene.open_trader()
    workers = hold_messages(scene, trader)
    scene.helper.send(signal.SIGSTOP)
    scene.fleet.send("monitoring.watch_account", trader.account)
    with scene.fleet.system.messages.client() as client:
        client.config_set("maxmemory", 1)
        try:
            scene.helper.send(signal.SIGCONT)
            order = trader.place(quantity=1)
            assert order.status is S.INITIALIZED
            eventually(lambda: "'maxmemory'" in scene.helper.said(), timeout_s=PATIENCE_S)
        finally:
            client.config_set("maxmemory", 0)
    eventually(lambda: status(trader, order) is S.FILLED, timeout_s=PATIENCE_S)
    assert {worker: worker.pid for worker in workers if worker.is_running} == workers
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_state_server_dies_and_comes_back(scene: Scene) -> None:
    """Another life of the server: nothing is claimed before the reconcile, nothing is lost.

    One order rests, one is recorded and unsent, one is being sent when the server dies.
    """
    trader = scene.open_trader(order_valid_ms=8_000)
    resting = trader.place(**RESTING)
    eventually(lambda: status(trader, resting) is S.ACCEPTED, timeout_s=PATIENCE_S)
    scene.wire.hold("claim", Place.AFTER)
    in_flight = trader.place(quantity=1)
    assert scene.wire.is_held.wait(PATIENCE_S), scene.fleet.tails()
    unsent = scene.silenced(trader, order_valid_ms=3_000).place(quantity=1)
    state = scene.fleet.system.state
    state.kill()
    scene.wire.release()  # The claim's reply arrives, the next question finds nobody
    eventually(lambda: len(trader.exchange_orders()) == 2, timeout_s=PATIENCE_S)
    state.start()

    assert trader.context.store.load_state().is_held
    for order in (in_flight, unsent):
        eventually(
            lambda order=order: trader.order(order.client_order_id).is_settled,
            timeout_s=PATIENCE_S,
            message=scene.fleet.tails(),
        )
    assert not trader.context.store.load_state().is_held
    assert status(trader, in_flight) is S.FILLED
    assert status(trader, unsent) in {S.REJECTED, S.FILLED}
    trader.paper.control.fill("BTCUSDT", client_order_id=resting.client_order_id)
    eventually(lambda: status(trader, resting) is S.FILLED, timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_exchange_dies_with_orders_open(scene: Scene) -> None:
    """What rests there is there again; what could not be sent is sent when it answers."""
    trader = scene.open_trader()
    resting = trader.place(**RESTING)
    eventually(lambda: status(trader, resting) is S.ACCEPTED, timeout_s=PATIENCE_S)
    order = scene.silenced(trader).place(quantity=1)
    trader.paper.kill()
    try:
        scene.fleet.send("orders.submit_order", trader.account, order.client_order_id)
        scene.fleet.send("orders.poll_order", trader.account, resting.client_order_id)
        scene.fleet.await_answers(scene.victim, scene.helper)
    finally:
        trader.paper.start()
        set_market(scene.fleet.system)
    eventually(lambda: status(trader, order) is S.FILLED, timeout_s=PATIENCE_S)
    trader.paper.control.fill("BTCUSDT", client_order_id=resting.client_order_id)
    eventually(lambda: status(trader, resting) is S.FILLED, timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)


def test_the_beat_dies(scene: Scene) -> None:
    """Without sweeps an order whose message was lost waits, and is not forgotten."""
    trader = scene.open_trader()
    scene.beat.kill()
    try:
        lost = scene.silenced(trader).place(quantity=1)
        sent = trader.place(quantity=1)
        eventually(lambda: status(trader, sent) is S.FILLED, timeout_s=PATIENCE_S)
        assert status(trader, lost) is S.INITIALIZED
    finally:
        scene.beat.start()
    eventually(lambda: status(trader, lost) is S.FILLED, timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)


def status(trader: Trader, order: Order) -> OrderStatus:
    return trader.order(order.client_order_id).status


def hold_messages(scene: Scene, trader: Trader) -> dict[LaneWorker, int]:
    """Give each worker a message whose time is far; return their processes."""
    done = trader.place(quantity=1)
    eventually(lambda: status(trader, done) is S.FILLED, timeout_s=PATIENCE_S)
    for task in ("orders.submit_order", "orders.poll_order"):
        scene.fleet.send(task, trader.account, done.client_order_id, countdown=500)
    workers = {worker: worker.pid for worker in (scene.victim, scene.helper)}
    for worker in workers:
        eventually(lambda worker=worker: waiting_messages(scene, worker), timeout_s=PATIENCE_S)
    return workers


def waiting_messages(scene: Scene, worker: LaneWorker) -> int:
    """Return how many messages it holds until their time has come."""
    waiting = scene.fleet.app.control.inspect([worker.node]).scheduled() or {}
    return sum(map(len, waiting.values()))
