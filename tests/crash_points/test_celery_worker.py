"""A real Celery worker, child and all, is killed at every message of a market order."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from engine.domain.order import Order
from tasks import queues
from tests.crash_points.wires import Wires
from tests.fleet import Fleet, LaneWorker
from tests.house import ACCOUNTS, SYMBOLS, celery_house, set_market
from tests.settled import PATIENCE_S, assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(7_200)]

ACCOUNT, UID = next(iter(ACCOUNTS.items()))
#: Less than the messages of the life; a run that ends before has not struck everything.
FEWEST = 60


def test_a_celery_worker_is_killed_at_every_message(tmp_path: Path) -> None:
    """What its broker does not hand out again, the sweeps of the next worker find."""
    with celery_house(tmp_path, {ACCOUNT: UID}) as fleet:
        wires = Wires(fleet.system.state.port, fleet.system.exchange.port)
        fleet.system.exchange.make_up_past(SYMBOLS)
        worker = behind(wires, fleet)
        fleet.start(worker)
        trader = fleet.await_open(fleet.trader(ACCOUNT, UID))
        for at in count(1):
            if not strike(fleet, wires, worker, trader, at):
                break
        wires.close()
    assert at > FEWEST


def behind(wires: Wires, fleet: Fleet) -> LaneWorker:
    """Return a worker for everything, with one child, that reaches both servers by the wires."""
    environ = {
        "AUGUSTAN_STORE_URL": f"{wires.store_url}/0",
        "AUGUSTAN_PAPER_URL": wires.exchange_url,
    }
    return LaneWorker(fleet.system, "victim", queues.LANES, environ=environ)


def strike(fleet: Fleet, wires: Wires, worker: LaneWorker, trader: Trader, at: int) -> bool:
    """Kill the worker at one message of an order's life; False when the life ended before."""
    set_market(fleet.system)
    wires.arm(at, lambda _: worker.kill())
    order = trader.place(quantity="0.1")
    eventually(
        lambda: wires.decided.is_set() or is_complete(trader, order),
        timeout_s=PATIENCE_S,
        message=f"message {at} never came:\n{fleet.tails()}",
    )
    wires.disarm()
    if not wires.decided.is_set():
        return False
    worker.start()
    fleet.await_answers(worker)
    assert_ends_equal(fleet, trader)
    return True


def is_complete(trader: Trader, order: Order) -> bool:
    """Tell whether the order is settled, and the portfolio covers it."""
    is_settled = trader.order(order.client_order_id).is_settled
    return is_settled and not trader.context.store.list_outbox()
