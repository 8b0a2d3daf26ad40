"""One running system for all end-to-end tests of a run, and one of plain Celery workers.

They end with the last of these tests: beat's ticks would slow down all that the process runs next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_celery import CeleryTestBackend, CeleryTestBroker, CeleryWorkerCluster

import celeryconfig
from tasks import queues
from tests.e2e.nodes import ProcessWorker, RedisContainer, WorkerContainer
from tests.fleet import Fleet, LaneWorker
from tests.house import ACCOUNTS, celery_house, set_market
from tests.running import RunningSystem, running_system
from tests.tape import RedisTape
from tests.trader import Trader
from tests.up import RunningUp, running_up


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A whole system; tests that break it start one of their own with `running_system`."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="package")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """One `augustan up` with nothing configured but a port that is free; test_up.py ends it."""
    with running_up(tmp_path_factory.mktemp("up")) as running:
        yield running


# ---- pytest-celery: its nodes are processes -----------------------------------------------------


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two workers, one with the lane submit alone, and no beat: a test sends the sweeps."""
    with celery_house(tmp_path_factory.mktemp("celery")) as house:
        others = [lane for lane in queues.LANES if lane != "submit"]
        house.start(
            LaneWorker(house.system, "submit", ["submit"], processes=2),
            LaneWorker(house.system, "others", others, processes=2),
        )
        yield house


@pytest.fixture(scope="package")
def accounts() -> Iterator[tuple[str, int]]:
    """Accounts that no test used yet, with their uids."""
    return iter(ACCOUNTS.items())


@pytest.fixture
def trader(fleet: Fleet, accounts: Iterator[tuple[str, int]]) -> Trader:
    """A caller with an open account of its own, whose messages go to the workers."""
    set_market(fleet.system)
    return fleet.await_open(fleet.trader(*next(accounts)))


@pytest.fixture
def tape(fleet: Fleet) -> Iterator[RedisTape]:
    """Everything that the broker and the result backend are told during the test."""
    with RedisTape(fleet.system.messages) as running:
        yield running


@pytest.fixture
def celery_broker(fleet: Fleet) -> CeleryTestBroker:
    return CeleryTestBroker(RedisContainer(fleet.system.messages, 0))


@pytest.fixture
def celery_backend(fleet: Fleet) -> CeleryTestBackend:
    return CeleryTestBackend(RedisContainer(fleet.system.messages, 1))


@pytest.fixture
def celery_worker_cluster(fleet: Fleet) -> CeleryWorkerCluster:
    workers = [WorkerContainer(worker, fleet) for worker in fleet.workers]
    return CeleryWorkerCluster(*(ProcessWorker(container, fleet.app) for container in workers))


@pytest.fixture
def celery_setup_config(celery_worker_cluster_config: dict[str, Any]) -> dict[str, Any]:
    """Our own settings, with the addresses of the nodes."""
    ours = {name: getattr(celeryconfig, name) for name in dir(celeryconfig) if name.islower()}
    nodes = celery_worker_cluster_config
    return {
        **{name: value for name, value in ours.items() if not name.startswith("_")},
        "broker_url": nodes["celery_broker_cluster_config"]["host_urls"][0],
        "result_backend": nodes["celery_backend_cluster_config"]["host_urls"][0],
    }
