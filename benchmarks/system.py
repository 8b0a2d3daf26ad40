"""A private system of the processes that `augustan up` runs, to be measured.

As in `up`: a state server that syncs every write and one for messages that does not, the worker
of the general lanes with the same arguments, a beat, stream listeners; timings and limits are the
product's own. Different: the paper exchange is frozen, keeps its ledger in memory and answers its
control API, the worker also knows one task that does nothing, and what a measurement does not
use (the lanes emergency and cancel, the second beat, Flower) does not run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.markets import with_price
from tests.fleet import Fleet, client_app
from tests.paper import PaperExchange
from tests.process import ServiceProcess
from tests.redis_server import redis_server
from tests.running import FIRST_UID, RunningSystem, paper_settings
from tests.trader import Trader
from tests.waiting import eventually
from workers.supervisor.plan import Role, worker_arguments

#: What Binance allows one address in a minute.
WEIGHT_PER_MINUTE = 6_000
#: As in `up`: one leads each account, the other takes over.
LISTENERS = ("stream-1", "stream-2")
#: To look for what was missed, before a stream counts as live.
LIVE_TIMEOUT_S = 60.0


class BenchSystem:
    """The running processes, and hands on them."""

    def __init__(self, system: RunningSystem, fleet: Fleet, accounts: Sequence[str]) -> None:
        self.system = system
        self.fleet = fleet
        self.exchange = system.exchange
        self.traders = {
            name: fleet.trader(name, FIRST_UID + number) for number, name in enumerate(accounts)
        }
        self._listeners = {name: self._listener(name) for name in LISTENERS}

    @property
    def trader(self) -> Trader:
        """The first account."""
        return next(iter(self.traders.values()))

    def start(self) -> None:
        """Start worker and beat and wait until every account was reconciled."""
        self.system.worker.start()
        for trader in self.traders.values():
            self.fleet.await_open(trader)
        self.system.beat.start()

    def start_listener(self, name: str = LISTENERS[0]) -> ServiceProcess:
        """Start a stream listener; wait until it stands ready, and every account has one."""
        listener = self._listeners[name]
        begun_ms = self.trader.context.clock.now_ms()
        listener.start()
        eventually(
            lambda: self._lives(name, begun_ms) and self.is_live(),
            timeout_s=LIVE_TIMEOUT_S,
            message=listener.tail(),
        )
        return listener

    def _lives(self, name: str, since_ms: int) -> bool:
        beats = self.trader.engine.store.list_beats()
        return any(at_ms > since_ms for who, at_ms in beats.items() if who.startswith(f"{name}@"))

    def is_live(self) -> bool:
        """Tell whether the stream of every account is listened to, with nothing missed."""
        return all(t.context.store.load_stream().is_live for t in self.traders.values())

    def forget_usage(self) -> None:
        """Begin with a fresh allowance, at the exchange and in the meter."""
        self.exchange.control.set_limits(forget=True)
        with self.system.state.client() as client:
            for key in client.scan_iter("*{budget:*:window:*"):
                client.delete(key)

    def stop(self) -> None:
        """End every process that does work."""
        for listener in self._listeners.values():
            listener.stop()
        self.system.stop()

    def _listener(self, name: str) -> ServiceProcess:
        command = (sys.executable, "-m", "workers.stream_listener", name)
        return ServiceProcess(name, command, self.system.environ, self.system.folder)


@contextmanager
def bench_system(
    folder: Path,
    *,
    accounts: Sequence[str] = ("paper",),
    symbols: Sequence[str] = ("C00/USDT",),
    execution: Mapping[str, int] | None = None,
    weight_per_minute: int = WEIGHT_PER_MINUTE,
) -> Iterator[BenchSystem]:
    """Run a system in `folder`; `execution` changes timings."""
    with ExitStack() as stack:
        state, messages = (
            stack.enter_context(_server(folder / name, appendfsync))
            for name, appendfsync in (("state", "always"), ("messages", "everysec"))
        )
        exchange = stack.enter_context(
            PaperExchange(
                accounts=[f"{name}:{name}:{FIRST_UID + i}" for i, name in enumerate(accounts)],
                balances=["USDT=100000000"],
                symbols=",".join(with_price(symbols)),
                weight_per_minute=weight_per_minute,
            )
        )
        settings = paper_settings(
            state=state, messages=messages, exchange_url=exchange.base_url, accounts=accounts
        )
        settings["accounts"] = {name: _account(name) for name in accounts}  # One address for all
        settings["paper"]["weight_per_minute"] = weight_per_minute
        settings["execution"] = dict(execution or {})
        running = RunningSystem(
            folder, state=state, messages=messages, exchange=exchange, settings=settings
        )
        running.worker = _worker(running)
        store = settings["store"]
        app = client_app(store["broker_url"], store["result_url"])
        fleet = stack.enter_context(Fleet(running, app))
        system = BenchSystem(running, fleet, accounts)
        stack.callback(system.stop)
        yield system


def write_settings(system: RunningSystem, section: str, **changes: Any) -> None:
    """Change a section of the configuration; whoever starts next reads it."""
    settings = json.loads(system.config.read_text())
    settings[section] = settings.get(section, {}) | changes
    system.config.write_text(json.dumps(settings, indent=2))


def _server(folder: Path, appendfsync: str) -> Any:
    folder.mkdir()
    options: tuple[str, ...] = ("--appendonly", "yes", "--appendfsync", appendfsync)
    return redis_server(folder, *options)


def _account(name: str) -> dict[str, str]:
    return {"base_url": "paper", "api_key": name, "secret": name}


def _worker(running: RunningSystem) -> ServiceProcess:
    arguments = [*worker_arguments(Role.WORKER), "--include", "benchmarks.bare_task"]
    command = (sys.executable, "-m", "celery", "-q", *arguments)
    return ServiceProcess("worker", command, running.environ, running.folder)
