"""How every component of a live engine is: its own parts, and the processes that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.bootstrap import Engine
from engine.domain.stream import StreamHealth
from engine.domain.trading_state import AccountState, TradingState
from engine.errors import EngineError
from engine.execution.completing.limit_warnings import load_warnings

#: How a component is.
OK, DEGRADED, DOWN = "ok", "degraded", "down"
#: Who does not answer within this is not there, or too busy to take an order.
ANSWER_WITHIN_MS = 1_000
#: Workers are asked this often at most: asking takes as long as they may take to answer.
ASK_WORKERS_EVERY_MS = 5_000
#: The heartbeat comes every five seconds, through beat, the broker and a worker.
BEAT, BEAT_LATE_MS = "beat", 30_000

Document = dict[str, Any]


def component(problems: Iterable[str], *, worst: str = DOWN, **facts: Any) -> Document:
    """Return the status of a component: ok, or `worst` with what is wrong in one sentence."""
    problem = "; ".join(filter(None, problems))
    return {"state": worst if problem else OK, "problem": problem, **facts}


def judge_workers(
    workers: Mapping[str, tuple[str, ...]], lanes: Iterable[str], problem: str = ""
) -> Document:
    """Judge whether every lane is served. Pure."""
    served = {lane for own in workers.values() for lane in own}
    unserved = sorted(set(lanes) - served)
    problems = [problem] if problem else []
    if unserved and not problem:
        problems = [f"no worker serves {', '.join(unserved)}: start `augustan up`"]
    nodes = {node: list(own) for node, own in workers.items()}
    return component(problems, nodes=nodes, unserved_lanes=unserved)


def judge_beat(last_ms: int | None, now_ms: int) -> Document:
    """Judge the age of the last tick that came through beat, broker and worker. Pure."""
    if last_ms is None:
        return component(["no heartbeat came through beat and a worker yet"], age_ms=None)
    age_ms = max(now_ms - last_ms, 0)
    late = f"the last heartbeat is {age_ms // 1000} s old" if age_ms > BEAT_LATE_MS else ""
    return component([late], age_ms=age_ms)


def judge_stream(health: StreamHealth, *, is_wanted: bool) -> Document:
    """Judge how fills are learned of: without a live stream they are polled for. Pure."""
    problem = ""
    if is_wanted and not health.leader:
        problem = "nobody listens to the user stream; fills are found by polling"
    elif is_wanted and not health.is_live:
        problem = "the user stream is not live; fills are found by polling"
    return component([problem], worst=DEGRADED, is_wanted=is_wanted, is_live=health.is_live)


def judge_trading(state: AccountState, *, is_enabled: bool) -> Document:
    """Judge whether the account takes orders. Pure."""
    problems = [
        "" if is_enabled else "disabled in the configuration",
        "" if state.is_opened else "waits for its first reconcile",
        "waits for a reconcile" if state.is_held and state.is_opened else "",
    ]
    if state.trading_state is not TradingState.ACTIVE:
        problems.append(f"{state.trading_state.value}: {state.halt_reason or 'no reason given'}")
    return component(problems, trading_state=state.trading_state.value)


class ProcessLook:
    """Looks at the processes beside this one; workers are asked now and then only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked_at_ms: int | None = None
        self._workers: Document = {}

    def workers(self) -> Document:
        """Return which workers answer and which lanes nobody serves, five seconds old at most."""
        now_ms = self._engine.clock.monotonic_ms()
        if self._asked_at_ms is None or now_ms - self._asked_at_ms > ASK_WORKERS_EVERY_MS:
            self._workers = self._ask_workers()
            self._asked_at_ms = self._engine.clock.monotonic_ms()
        return self._workers

    def _ask_workers(self) -> Document:
        dispatcher = self._engine.dispatcher
        try:
            workers = dispatcher.list_workers(ANSWER_WITHIN_MS)
            return judge_workers(workers, dispatcher.queue_lengths())
        except EngineError as error:
            return judge_workers({}, (), str(error))

    def beat(self) -> Document:
        try:
            last_ms = self._engine.store.list_beats().get(BEAT)
        except EngineError as error:
            return component([str(error)], age_ms=None)
        return judge_beat(last_ms, self._engine.clock.now_ms())

    def account(self, name: str) -> Document:
        """Return trading state, stream and near limits of an account, from the store alone."""
        settings = self._engine.settings.account(name)
        try:
            identity = self._engine.store.find_identity(name)
            if identity is None:
                return {"trading": component(["no process has opened the account yet"])}
            store = self._engine.store.account(identity)
            warnings = load_warnings(self._engine.store, identity)
            return {
                "trading": judge_trading(store.load_state(), is_enabled=settings.enabled),
                "stream": judge_stream(
                    store.load_stream(), is_wanted=self._engine.settings.stream.enabled
                ),
                "limit_warnings": dict(warnings),
            }
        except EngineError as error:
            return {"trading": component([str(error)])}
