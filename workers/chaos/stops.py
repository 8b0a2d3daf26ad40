"""Emergency stops while all goes on: an account is halted and flattened, and resumed when it is."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.execution.stopping import trading
from engine.execution.stopping.emergency import begin_emergency, work_emergency
from engine.order_manager import OrderManager
from workers.chaos.deck import Deck
from workers.chaos.market import FUTURES, SPOT

log = logging.getLogger(__name__)

#: A run with fewer orders has one stop, others have two.
FEW_ORDERS = 150
#: Orders that begin while an account is stopped; the next ones wait until it was resumed.
LASTS = 8
#: Nobody waits longer for a stop and its resume while orders come.
PATIENCE_S = 60.0
#: One turn at a run, as the command takes it, and between two tries.
SLICE_MS, LOOK_EVERY_S = 2_000, 0.2


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One emergency stop, once so many orders have begun."""

    at: int
    account: str


def draw_stops(orders: int, seed: int) -> tuple[Stop, ...]:
    """Return the stops over so many orders, the same ones for the same seed."""
    dice = random.Random(f"stops {seed}")
    accounts = Deck((SPOT, FUTURES), dice)
    times = 1 if orders < FEW_ORDERS else 2
    return tuple(
        Stop(at=orders * number // (times + 1), account=accounts.draw())
        for number in range(1, times + 1)
    )


class Stops:
    """Stops accounts when it is time, and resumes them, in a thread of its own."""

    def __init__(self, stops: Sequence[Stop]) -> None:
        self._stops = deque(stops)
        self._lasts_until = 0  # Orders begun
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()  # Nothing more is tried
        #: How often an account was stopped and took orders again.
        self.done = 0

    def reach(self, begun: int) -> None:
        """Say how many orders have begun; waits where a stop has lasted for long enough."""
        if self._is_stopping and begun >= self._lasts_until:
            self.await_end(PATIENCE_S)
        if self._stops and begun >= self._stops[0].at and not self._is_stopping:
            stop = self._stops.popleft()
            self._lasts_until = begun + LASTS
            self._thread = threading.Thread(target=self._work, args=(stop,), daemon=True)
            self._thread.start()

    def await_end(self, patience_s: float) -> None:
        """Wait until the account that is stopped takes orders again."""
        if self._thread is not None:
            self._thread.join(patience_s)

    def end(self, patience_s: float) -> None:
        """Wait for that; then give up."""
        self.await_end(patience_s)
        self._is_over.set()

    @property
    def _is_stopping(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _work(self, stop: Stop) -> None:
        manager = OrderManager(account=stop.account)  # An engine serves one thread
        began_s = time.monotonic()
        try:
            for do in (_begin, _work_on, _resume):
                self._insist(do, manager)
                log.info("%s, %s after %.1f s", do.__name__, stop, time.monotonic() - began_s)
            self.done += not self._is_over.is_set()
        finally:
            manager.close()

    def _insist(self, do: Callable[[AccountContext], bool], manager: OrderManager) -> None:
        """Do it until it is done: servers die meanwhile, and the exchange does not answer."""
        while not self._is_over.is_set():
            try:
                if do(manager.contexts()[0]):
                    return
            except EngineError as error:
                log.info("the stop is not over: %s", error)
            self._is_over.wait(LOOK_EVERY_S)


def _begin(context: AccountContext) -> bool:
    begin_emergency(context, "chaos")
    return True


def _work_on(context: AccountContext) -> bool:
    run = work_emergency(context, SLICE_MS)
    return run is None or run.is_over


def _resume(context: AccountContext) -> bool:
    trading.resume(context)
    return True
