"""A worker dies at an exact moment of placing an order: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psutil
import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from tests.faults.conftest import Scene
from tests.faults.holding_proxy import Place
from tests.house import key_of
from tests.settled import PATIENCE_S, assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
SLOW = pytest.mark.slow
S = OrderStatus


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where the worker dies: held on the wire, or while the exchange keeps its answer."""

    script: str = ""
    place: Place = Place.BEFORE
    end: OrderStatus = S.FILLED
    sent: int = 1  # How often the exchange sees the order arrive

    @property
    def is_at_exchange(self) -> bool:
        return not self.script


MOMENTS = {
    "before the claim": Moment(script="claim"),
    "between claim and send": Moment(script="claim", place=Place.AFTER, end=S.REJECTED, sent=0),
    "after the send, before the answer": Moment(),
    "after the answer, before the commit": Moment(script="commit"),
    "after the commit, before the messages": Moment(script="commit", place=Place.AFTER),
}


def kill_child(scene: Scene) -> None:
    """Kill the process that runs the task; its worker starts another.

    Its sockets close when it has ended, a moment after the kill; what is held must wait for that.
    """
    child = scene.victim.child()
    child.kill()
    psutil.wait_procs([child], timeout=PATIENCE_S)


def kill_group(scene: Scene) -> None:
    """Kill the worker with its children, as a power cut does, and start it again."""
    scene.victim.kill()
    scene.victim.start()


#: Each moment once in the quick run, and each way to die several times.
QUICK = {
    ("before the claim", kill_child),
    ("between claim and send", kill_group),
    ("after the send, before the answer", kill_child),
    ("after the answer, before the commit", kill_group),
    ("after the commit, before the messages", kill_child),
}
CASES = [
    pytest.param(moment, kill, id=f"{name}, {kill.__name__}", marks=() if is_quick else SLOW)
    for name, moment in MOMENTS.items()
    for kill in (kill_child, kill_group)
    for is_quick in [(name, kill) in QUICK]
]


@pytest.mark.parametrize(("moment", "kill"), CASES)
def test_a_worker_dies(scene: Scene, moment: Moment, kill: Callable[[Scene], None]) -> None:
    """The sweeps find what its message would have done."""
    trader = scene.open_trader()
    trader.paper.control.clear_stats()
    order = place_until(scene, trader, moment)

    kill(scene)
    scene.wire.release()

    ended = await_end(scene, trader, order)
    assert ended.status is moment.end
    assert trader.paper.control.stats()["sent_client_ids"].get(order.client_order_id, 0) == (
        moment.sent
    )
    if moment.end is S.REJECTED:
        assert ended.reason is not None
        assert ended.reason.code == "NOT_PLACED"
        assert (
            dict(ended.reason.evidence)["server_time_ms"]
            > (dict(ended.reason.evidence)["window_ends_ms"])
        )
    assert_ends_equal(scene.fleet, trader, sweep=False)


def place_until(scene: Scene, trader: Trader, moment: Moment) -> Order:
    """Place a market order and return when its worker has come to the moment."""
    control = trader.paper.control
    if moment.is_at_exchange:
        control.add_fault(command="order.place", key=key_of(trader.account), delay_after_ms=30_000)
        order = trader.place(quantity=1)
        eventually(lambda: control.stats()["placed_client_ids"], timeout_s=PATIENCE_S)
    else:
        scene.wire.hold(moment.script, moment.place)
        order = trader.place(quantity=1)
        assert scene.wire.is_held.wait(PATIENCE_S), scene.fleet.tails()
    return order


def await_end(scene: Scene, trader: Trader, order: Order) -> Order:
    eventually(
        lambda: trader.order(order.client_order_id).is_settled,
        timeout_s=PATIENCE_S,
        message=f"{trader.order(order.client_order_id)}\n{scene.fleet.tails()}",
    )
    return trader.order(order.client_order_id)
