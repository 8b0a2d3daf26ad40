"""A worker for one point: the real tasks on the real engine, in a process group of its own.

It is forked from a warm process, because a fresh interpreter would take seconds for each point.
Errands come one at a time through a pipe.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from celery.exceptions import Retry

import tasks.emergency
import tasks.monitoring
import tasks.orders
import tasks.portfolio
import tasks.positions
import tasks.protection
import tasks.signals  # noqa: F401 - the imports register the tasks
from engine import process_engine
from engine.bootstrap import Engine
from engine.config import load_settings
from engine.errors import EngineError, KeyConflict
from engine.execution.placing.naming import order_ids
from engine.execution.stopping import emergency, trading
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from engine.store.store import RedisStore
from tasks.app import app
from tests.crash_points.clock import JumpingClock
from tests.crash_points.messages import Errand, ListDispatcher


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it."""

    answer: Any = None
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an engine works: its configuration, and its ways to the servers."""

    config: str
    clock: str  # The file of the world's time
    store_url: str  # Without a database
    exchange_url: str


def build_engine(place: Place, clock: JumpingClock) -> Engine:
    """Return an engine whose store follows the clock."""
    environ = {
        "AUGUSTAN_STORE_URL": f"{place.store_url}/0",
        "AUGUSTAN_PAPER_URL": place.exchange_url,
    }
    settings = load_settings(place.config, environ=environ)
    store = RedisStore(settings.state_address(), now_ms=clock.store_now_ms)
    return Engine(settings, store, ListDispatcher(place.store_url), clock=clock)


def work(pipe: Connection, place: Place) -> None:
    """Do errands until the pipe ends; a fork's main function."""
    os.setsid()  # The group that is killed
    engine = build_engine(place, JumpingClock(Path(place.clock), is_worker=True))
    process_engine._engines[os.getpid()] = engine  # What the tasks get from get_engine
    pipe.send(Done())
    while True:
        try:
            errand: Errand = pipe.recv()
        except (EOFError, ConnectionResetError):  # The tests are over, or were killed
            return
        pipe.send(carry_out(engine, errand))


def carry_out(engine: Engine, errand: Errand) -> Done:
    """Do one errand; what it raises is told, as a worker would log it."""
    name, arguments = errand
    action = CALLERS.get(name)
    try:
        if action is not None:
            return Done(answer=action(engine, *arguments))
        return Done(answer=app.tasks[name](*arguments))
    except Retry:
        return Done(answer="left to the monitor")
    except EngineError as error:
        return Done(failure=f"{name}: {type(error).__name__}: {error}")


def _place(engine: Engine, key: str, fields: Mapping[str, Any]) -> Sequence[str]:
    request = OrderRequest(account=_account(engine), key=key, **fields)
    return [OrderManager(engine=engine).place_order(request, wait=False).order_id]


def _place_group(engine: Engine, key: str, orders: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    requests = [OrderRequest(account=_account(engine), **fields) for fields in orders]
    manager = OrderManager(engine=engine)
    try:
        return [one.order_id for one in manager.place_orders(requests, key=key, wait=False)]
    except KeyConflict:  # Only some are left after a loss: the others under a new id, as it says
        context = engine.account()
        names = order_ids(context, key, len(requests))
        left = [name for name in names if context.store.find_order(name) is not None]
        pairs = zip(names, requests, strict=True)
        lost = [request for name, request in pairs if name not in left]
        again = manager.place_orders(lost, key=f"{key}, the rest", wait=False)
        return [*left, *(one.order_id for one in again)]


def _cancel(engine: Engine, *client_order_ids: str) -> None:
    OrderManager(engine=engine).cancel_orders(client_order_ids, wait=False)


def _halt(engine: Engine) -> Sequence[str]:
    """Return the orders that were in flight."""
    halted = trading.halt(engine.account(), "an emergency")
    return [order.client_order_id for order in halted]


def _stop(engine: Engine) -> None:
    """Begin an emergency stop, and leave the work to the lane."""
    emergency.begin_emergency(engine.account(), "an emergency")
    engine.dispatcher.work_emergency(_account(engine))


def _account(engine: Engine) -> str:
    return next(iter(engine.settings.accounts))


#: What a caller does, in a process of its own; a caller that died does it again.
CALLERS: dict[str, Callable[..., object]] = {
    "place": _place,
    "place group": _place_group,
    "cancel": _cancel,
    "halt": _halt,
    "stop": _stop,
}
