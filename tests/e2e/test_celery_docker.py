"""The same through pytest-celery's own Redis containers, where a Docker engine answers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import celery
import pytest
from pytest_celery import (
    CeleryTestBackend,
    CeleryTestBroker,
    CeleryTestSetup,
    CeleryWorkerCluster,
    RedisTestBackend,
    RedisTestBroker,
)

from engine.domain.order_status import OrderStatus
from tasks import queues
from tests.e2e.nodes import ProcessWorker, WorkerContainer
from tests.fleet import Fleet, LaneWorker
from tests.house import ACCOUNTS, celery_house
from tests.settled import assert_ends_equal
from tests.waiting import eventually


def docker_answers() -> bool:
    """Tell whether containers can be started here."""
    program = shutil.which("docker")
    if program is None:
        return False
    return subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.docker,
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers on this machine"),
]


@pytest.fixture
def celery_broker(celery_redis_broker: RedisTestBroker) -> CeleryTestBroker:
    return celery_redis_broker


@pytest.fixture
def celery_backend(celery_redis_backend: RedisTestBackend) -> CeleryTestBackend:
    return celery_redis_backend


@pytest.fixture
def fleet(
    tmp_path: Path, celery_broker: CeleryTestBroker, celery_backend: CeleryTestBackend
) -> Iterator[Fleet]:
    """One worker over all lanes, whose messages and results are in the containers."""
    addresses = (celery_broker.config()["host_url"], celery_backend.config()["host_url"])
    with celery_house(tmp_path, addresses=addresses) as house:
        house.start(LaneWorker(house.system, "all", queues.LANES, processes=2))
        yield house


@pytest.fixture
def celery_worker_cluster(fleet: Fleet) -> CeleryWorkerCluster:
    containers = [WorkerContainer(worker, fleet) for worker in fleet.workers]
    return CeleryWorkerCluster(*(ProcessWorker(container, fleet.app) for container in containers))


def test_an_order_is_filled_through_the_containers(
    celery_setup: CeleryTestSetup, fleet: Fleet
) -> None:
    """Stock broker and backend, our worker: an order becomes a fill, a position, a portfolio."""
    assert celery_setup.ready(ping=False, control=True, docker=True)
    assert celery_setup.worker.version == celery.__version__
    trader = fleet.await_open(fleet.trader(*next(iter(ACCOUNTS.items()))))
    order = trader.place(quantity=1)
    eventually(
        lambda: trader.order(order.client_order_id).status is OrderStatus.FILLED, timeout_s=30
    )
    assert_ends_equal(fleet, trader)
