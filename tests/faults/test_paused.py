"""Somebody sleeps at the worst moment and wakes up later."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from tests.faults.conftest import Scene
from tests.faults.holding_proxy import Place
from tests.settled import PATIENCE_S, assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
S = OrderStatus
#: Binance's code for a timestamp outside of its window.
LATE = "-1021"


@contextmanager
def asleep(pid: int) -> Iterator[None]:
    """Stop a process for the length of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def place_and_fall_asleep(scene: Scene, trader: Trader) -> tuple[Order, int]:
    """Return an order that is claimed, and the process that is about to send it."""
    trader.paper.control.clear_stats()
    scene.wire.hold("claim", Place.AFTER)
    order = trader.place(quantity=1)
    assert scene.wire.is_held.wait(PATIENCE_S), scene.fleet.tails()
    return order, scene.victim.child().pid


def test_a_sender_that_wakes_after_all_was_settled(scene: Scene) -> None:
    """It sends with the old timestamp: the exchange refuses, and NOT_PLACED stays true."""
    trader = scene.open_trader()
    order, pid = place_and_fall_asleep(scene, trader)
    with asleep(pid):
        scene.wire.release()
        eventually(lambda: is_settled(trader, order), timeout_s=PATIENCE_S)
        ended = trader.order(order.client_order_id)
        assert ended.status is S.REJECTED
    eventually(lambda: trader.paper.control.stats()["codes"].get(LATE), timeout_s=PATIENCE_S)
    assert trader.exchange_orders() == []
    assert_ends_equal(scene.fleet, trader, sweep=False)
    assert trader.order(order.client_order_id).status is S.REJECTED


def test_a_sender_that_wakes_while_the_order_is_in_doubt(scene: Scene) -> None:
    """The refusal is definite: the attempt placed nothing, and another may."""
    trader = scene.open_trader()
    order, pid = place_and_fall_asleep(scene, trader)
    with asleep(pid):
        scene.wire.release()
        claimed = trader.order(order.client_order_id)
        assert claimed.is_in_doubt
        eventually(lambda: is_past_window(trader, claimed), timeout_s=PATIENCE_S)
    eventually(lambda: trader.paper.control.stats()["codes"].get(LATE), timeout_s=PATIENCE_S)
    eventually(lambda: is_settled(trader, order), timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)
    ended = trader.order(order.client_order_id)
    # Where the machine was slow the doubt had ended before the refusal came
    assert (ended.status, ended.attempt) in {(S.FILLED, 2), (S.REJECTED, 1)}


def test_an_exchange_that_stands_still(scene: Scene) -> None:
    """It reads the order when its window is over: refused, and then placed once."""
    trader = scene.open_trader()
    first = trader.place(quantity=1)  # So that the sender has a connection and a clock
    eventually(lambda: is_settled(trader, first), timeout_s=PATIENCE_S)
    order = scene.silenced(trader).place(quantity=1)
    with asleep(trader.paper.process.pid):
        scene.fleet.send("orders.submit_order", trader.account, order.client_order_id)
        eventually(lambda: trader.order(order.client_order_id).is_in_doubt, timeout_s=PATIENCE_S)
        claimed = trader.order(order.client_order_id)
        eventually(lambda: is_past_window(trader, claimed), timeout_s=PATIENCE_S)
    eventually(lambda: is_settled(trader, order), timeout_s=PATIENCE_S)
    assert_ends_equal(scene.fleet, trader, sweep=False)
    assert len(trader.exchange_orders()) == 1 + (
        trader.order(order.client_order_id).status is S.FILLED
    )


def is_settled(trader: Trader, order: Order) -> bool:
    return trader.order(order.client_order_id).is_settled


def is_past_window(trader: Trader, claimed: Order) -> bool:
    """Tell whether the exchange must refuse this attempt by now; its clock is this machine's."""
    assert claimed.signed_at_ms is not None
    ends_ms = claimed.signed_at_ms + claimed.recv_window_ms
    return trader.context.clock.now_ms() > ends_ms + 100
