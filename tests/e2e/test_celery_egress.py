"""Two machines with an address each: an account's work is done where its address is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tasks.queues import HOME_LANES, LANES
from tests.fleet import Fleet, LaneWorker, client_app
from tests.running import RunningSystem, running_system
from tests.tape import RedisTape
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNTS = {
    "near": {"base_url": "paper", "api_key": "near", "secret": "near"},
    "far": {"base_url": "paper", "api_key": "far", "secret": "far", "egress": "b"},
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Worker `near` serves the default address, worker `far` the other; both all lanes."""
    changes = {
        "accounts": ACCOUNTS,
        "egress": {"b": {"source_address": "127.0.0.2"}},
    }
    folder = tmp_path_factory.mktemp("egress")
    with running_system(folder, accounts=tuple(ACCOUNTS), changes=changes, start=False) as system:
        store = json.loads(system.config.read_text())["store"]
        system.beat.start()
        with Fleet(system, client_app(store["broker_url"], store["result_url"])) as fleet:
            fleet.start(
                *(
                    LaneWorker(system, name, LANES, environ={"AUGUSTAN__SERVED_EGRESS": egress})
                    for name, egress in (("near", "default"), ("far", "b"))
                )
            )
            system.await_ready()
            system.paper.set_price("BTCUSDT", 50_000)
            yield system


def test_work_is_done_where_the_address_is(system: RunningSystem) -> None:
    """Each message of an order, from submission to portfolio, is on its address's queues."""
    with RedisTape(system.messages) as tape:
        placed = system.json("order", "place", "BTC/USDT", "buy", "0.1", "--account", "far")
        assert placed["status"] == "filled"

        def is_complete() -> bool:
            tape.catch_up()
            return bool(tape.messages("portfolio.update_portfolio", "far"))

        eventually(is_complete)
        system.json("order", "place", "BTC/USDT", "buy", "0.1", "--account", "near")
        tape.catch_up()

        far, near = (tape.messages(account=name) for name in ("far", "near"))
        assert {"orders.submit_order", "positions.update_position"} <= {m.task for m in far}
        assert all(message.queue.endswith("@b") for message in far)
        assert near
        assert all("@" not in message.queue for message in near)


def test_a_look_that_is_repeated_stays_at_its_address(system: RunningSystem) -> None:
    """A resting order is polled again and again, by the same machine."""
    with RedisTape(system.messages) as tape:
        words = ("buy", "0.1", "--type", "limit", "--price", "40000", "--account", "far")
        placed = system.json("order", "place", "BTC/USDT", *words)

        def polls() -> list[str]:
            tape.catch_up()
            return [message.queue for message in tape.messages("orders.poll_order", "far")]

        eventually(lambda: len(polls()) > 1)
        assert set(polls()) == {"poll@b"}
        system.json("order", "cancel", placed["client_order_id"], "--account", "far")


def test_each_worker_serves_its_own_address(system: RunningSystem) -> None:
    """Status shows who serves which queue; together they serve all."""
    status = system.json("status")

    served = {node.partition("@")[0]: set(lanes) for node, lanes in status["workers"].items()}
    assert served == {"near": set(LANES), "far": {f"{lane}@b" for lane in {*LANES} - HOME_LANES}}
    assert status["problems"] == []
