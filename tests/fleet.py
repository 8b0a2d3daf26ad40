"""Celery workers of a running system, each with its lanes, and a client to send messages with."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import psutil
from celery import Celery

import celeryconfig
from engine.bootstrap import Engine
from engine.config import Settings, load_settings
from engine.errors import BrokerUnavailable
from engine.ports import Dispatcher
from engine.store.store import RedisStore
from tasks.broker_faults import asking
from tasks.dispatch import CeleryDispatcher
from tests.desk import MessageList
from tests.forked_celery import CeleryProcess
from tests.running import RunningSystem
from tests.trader import Trader
from tests.waiting import eventually

#: Importing everything on a busy machine.
READY_TIMEOUT_S = 60.0


def client_app(broker_url: str, result_url: str) -> Celery:
    """Return an app with our settings, every lane and route included, on other servers."""
    app = Celery("augustan-client", set_as_current=False)
    app.config_from_object(celeryconfig)
    app.conf.update(broker_url=broker_url, result_backend=result_url)
    return app


class LaneWorker(CeleryProcess):
    """One `celery worker` on some lanes."""

    def __init__(
        self,
        system: RunningSystem,
        name: str,
        lanes: Sequence[str],
        *,
        processes: int = 1,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.lanes = tuple(lanes)
        self.node = f"{name}@{socket.gethostname()}"
        command = [
            *("worker", "-n", self.node),
            *("-Q", ",".join(lanes), "-c", str(processes), "-l", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ]
        super().__init__(name, command, {**system.environ, **(environ or {})}, system.folder)

    def child(self) -> psutil.Process:
        """Return the process that runs the tasks, where there is one."""
        (child,) = psutil.Process(self.pid).children()
        return child


class Fleet:
    """The workers of a system; and hands to place orders, send messages and ask workers."""

    def __init__(self, system: RunningSystem, app: Celery) -> None:
        self.system = system
        self.app = app
        self.workers: list[LaneWorker] = []
        self._stack = ExitStack()

    def start(self, *workers: LaneWorker) -> None:
        """Start workers, at the same time, and wait until each answers."""
        for worker in workers:
            self._stack.callback(worker.kill)
            self.workers.append(worker)
            worker.start()
        self.await_answers(*workers)

    def await_answers(self, *workers: LaneWorker) -> None:
        """Wait until the workers answer over the broker."""
        for worker in workers:
            eventually(
                lambda worker=worker: self.answers(worker),
                timeout_s=READY_TIMEOUT_S,
                message=f"{worker.name} does not answer:\n{worker.tail()}",
            )

    def answers(self, worker: LaneWorker) -> bool:
        try:
            with asking(self.app):
                return bool(self.app.control.ping(destination=[worker.node], limit=1, timeout=1.0))
        except BrokerUnavailable:
            return False  # The test may just have killed it

    def send(self, task: str, *ids: str, **options: Any) -> None:
        """Publish one message, as anybody may, as often as they like."""
        self.app.send_task(task, args=ids, ignore_result=True, **options)

    def trader(self, account: str, uid: int, *, silent: bool = False, **timings: int) -> Trader:
        """Return a caller; the messages of a silent one get lost."""
        dispatcher = MessageList() if silent else CeleryDispatcher(self.app)
        trader = Trader(
            account=account,
            uid=uid,
            paper=self.system.exchange,
            engine=self._build_engine(self.settings(**timings), dispatcher),
        )
        self._stack.callback(trader.close)
        return trader

    def await_open(self, trader: Trader) -> Trader:
        """Wait until the account was reconciled and its first portfolio stands."""
        self.send("monitoring.reconcile_account", trader.account)

        def is_open() -> bool:
            store = trader.context.store
            state = store.load_state()
            return state.is_opened and not state.is_held and store.find_portfolio() is not None

        eventually(is_open, timeout_s=READY_TIMEOUT_S, message=self.tails())
        eventually(lambda: not trader.context.store.list_outbox(), timeout_s=READY_TIMEOUT_S)
        return trader

    def settings(self, **timings: int) -> Settings:
        """Return the system's settings, some of the times changed."""
        settings = load_settings(str(self.system.config), environ={})
        execution = settings.execution.model_copy(update=timings)
        return settings.model_copy(update={"execution": execution})

    def tails(self) -> str:
        """Return the ends of the workers' logs."""
        return "\n".join(f"--- {worker.name}\n{worker.tail()}" for worker in self.workers)

    def _build_engine(self, settings: Settings, dispatcher: Dispatcher) -> Engine:
        return Engine(settings, RedisStore(settings.state_address()), dispatcher)

    def close(self) -> None:
        self._stack.close()
        self.app.close()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
