"""One system of real processes for all faults: servers, exchange, workers, a beat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tasks import queues
from tests.faults.holding_proxy import HoldingProxy, holding_proxy
from tests.fleet import Fleet, LaneWorker
from tests.house import ACCOUNTS, celery_house, set_market
from tests.process import ServiceProcess
from tests.trader import Trader

#: One to itself for each test.
MANY = 24


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A running system, one of whose workers is going to suffer."""

    fleet: Fleet
    victim: LaneWorker  # It alone submits, in one child, and reaches the state over the wire
    helper: LaneWorker  # All other lanes
    wire: HoldingProxy
    accounts: Iterator[tuple[str, int]]

    @property
    def beat(self) -> ServiceProcess:
        return self.fleet.system.beat

    def open_trader(self, **timings: int) -> Trader:
        """Return a caller with an open account that no test used yet."""
        set_market(self.fleet.system)
        return self.fleet.await_open(self.fleet.trader(*next(self.accounts), **timings))

    def heal(self) -> None:
        """Wait until the victim works again: one that dies while it starts gives up for good."""
        if not self.victim.is_running:
            self.victim.kill()
            self.victim.start()
        self.fleet.await_answers(self.victim)

    def silenced(self, trader: Trader, **timings: int) -> Trader:
        """Return another caller of the account, whose messages get lost."""
        return self.fleet.trader(trader.account, trader.uid, silent=True, **timings)


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Share it between these tests alone: it would go on ticking beside all that come next."""
    folder = tmp_path_factory.mktemp("faults")
    accounts = dict(list(ACCOUNTS.items())[:MANY])
    others = [lane for lane in queues.LANES if lane != "submit"]
    with celery_house(folder, accounts) as fleet, holding_proxy(fleet.system.state.port) as wire:
        system = fleet.system
        scene = Scene(
            fleet=fleet,
            victim=LaneWorker(
                system, "victim", ["submit"], environ={"AUGUSTAN_STORE_URL": wire.url}
            ),
            helper=LaneWorker(system, "helper", others, processes=2),
            wire=wire,
            accounts=iter(accounts.items()),
        )
        system.beat.start()
        fleet.start(scene.victim, scene.helper)
        yield scene


@pytest.fixture(autouse=True)
def _no_fault_is_left(scene: Scene) -> Iterator[None]:
    """End what a test began, so that the next one meets a whole system."""
    yield
    scene.wire.release()
    scene.fleet.system.paper.clear_faults()
    scene.heal()
