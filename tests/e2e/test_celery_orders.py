"""Orders through real Celery workers: a message, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_celery import CeleryTestSetup

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from tests.fleet import Fleet
from tests.settled import assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
S = OrderStatus
RESTING = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


def test_the_nodes_are_ready(celery_setup: CeleryTestSetup) -> None:
    """Broker, backend and every worker answer, over the broker as well."""
    assert celery_setup.ready(ping=False, control=True, docker=True)
    assert len(celery_setup.worker_cluster) == 2
    answers = celery_setup.app.control.ping(timeout=5.0, limit=2)
    assert {node for answer in answers for node in answer} == {
        worker.hostname() for worker in celery_setup.worker_cluster
    }


def test_an_order_placed_by_a_message_is_filled(
    celery_setup: CeleryTestSetup, fleet: Fleet, trader: Trader
) -> None:
    """The record alone places nothing; one message with two ids does."""
    silent = fleet.trader(trader.account, trader.uid, silent=True)
    order = silent.place(quantity=Decimal("0.8"))
    assert order.status is S.INITIALIZED
    assert silent.exchange_orders() == []

    ids = (trader.account, order.client_order_id)
    celery_setup.app.send_task("orders.submit_order", ids, ignore_result=True)

    done = eventually(lambda: _settled(silent, order.client_order_id))
    assert done.status is S.FILLED
    assert done.average_price == Decimal("100.00375")  # 0.5 at 100.00 and 0.3 at 100.01
    assert_ends_equal(fleet, silent)


def test_an_order_is_cancelled_by_its_wish(fleet: Fleet, trader: Trader) -> None:
    """Submit and cancel run on different lanes, and end as one story."""
    order = trader.place(**RESTING)
    eventually(lambda: trader.order(order.client_order_id).status is S.ACCEPTED)
    fill = {"client_order_id": order.client_order_id, "quantity": "0.25"}
    trader.paper.control.fill("BTCUSDT", **fill)

    request_cancel(trader.context, order.client_order_id)

    done = eventually(lambda: _settled(trader, order.client_order_id))
    assert done.status is S.CANCELED
    assert done.filled_quantity == Decimal("0.25")
    assert_ends_equal(fleet, trader)


def test_a_message_about_an_order_that_nobody_knows(
    celery_setup: CeleryTestSetup, fleet: Fleet, trader: Trader
) -> None:
    """What a lost store forgot does no harm: the worker goes on with the next message."""
    for lane in ("submit", "resolve", "cancel", "poll"):
        fleet.send(f"orders.{lane}_order", trader.account, "auga1unknown")
    order = trader.place(quantity=1)
    assert eventually(lambda: _settled(trader, order.client_order_id))
    assert len(trader.exchange_orders()) == 1


def test_a_restarted_worker_goes_on(
    celery_setup: CeleryTestSetup, fleet: Fleet, trader: Trader
) -> None:
    """What was published while it was away waits for it."""
    trader.place(**RESTING)
    worker = celery_setup.worker_cluster[0]
    worker.kill()
    assert worker.container.status == "exited"
    order = trader.place(quantity=1)
    assert trader.order(order.client_order_id).status is S.INITIALIZED

    worker.restart()

    done = eventually(lambda: _settled(trader, order.client_order_id))
    assert done.status is S.FILLED


def _settled(trader: Trader, client_order_id: str) -> Order | None:
    order = trader.order(client_order_id)
    return order if order.is_settled else None
