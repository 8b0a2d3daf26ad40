"""Fill orders on the exchange, and tell when the system knew."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from benchmarks.event_watch import EventWatch, is_fill_of, is_portfolio, is_position_of
from benchmarks.markets import exchange_name
from benchmarks.seeding import Seed
from benchmarks.system import BenchSystem


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """From one fill to what the store told of it, in ms.

    It begins before the exchange is told to fill, so that telling it is counted as well.
    """

    booked: float
    position: float


@dataclass(frozen=True, kw_only=True)
class Latency(Noticed):
    """The same, up to the portfolio."""

    portfolio: float


def fill(system: BenchSystem, seed: Seed) -> None:
    """Let the exchange's crowd take the whole order."""
    system.exchange.control.fill(exchange_name(seed.symbol), client_order_id=seed.client_order_id)


def fill_and_wait(system: BenchSystem, watch: EventWatch, seed: Seed) -> Latency:
    """Fill an order and wait until the portfolio has it."""
    after, began_s = watch.count(), time.perf_counter()
    fill(system, seed)
    booked = watch.when(is_fill_of(seed.client_order_id), after=after)
    position = watch.when(is_position_of(seed.symbol), after=booked.number)
    portfolio = watch.when(is_portfolio, after=position.number)
    times_ms = [(told.at_s - began_s) * 1000 for told in (booked, position, portfolio)]
    return Latency(booked=times_ms[0], position=times_ms[1], portfolio=times_ms[2])


def fill_at_any_moment(
    system: BenchSystem, watch: EventWatch, seeds: Sequence[Seed], *, spacing_s: float = 0.5
) -> list[Noticed]:
    """Fill the orders one after the other without waiting for what comes of it; return that."""
    chance = random.Random(1)
    begun = []
    for seed in seeds:
        begun.append((seed, time.perf_counter(), watch.count()))
        fill(system, seed)
        time.sleep(chance.uniform(0, 2 * spacing_s))
    return [_noticed(watch, seed, began_s, after) for seed, began_s, after in begun]


class SteadyFills:
    """Takes orders from `seeds` and fills them, on a thread, while the block lasts."""

    def __init__(
        self, system: BenchSystem, watch: EventWatch, seeds: deque[Seed], every_s: float = 0.4
    ) -> None:
        self._system = system
        self._watch = watch
        self._seeds = seeds
        self._every_s = every_s
        self._begun: list[tuple[Seed, float, int]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True)

    def noticed_ms(self) -> list[float]:
        """Wait until each was booked; return how long that took."""
        return [
            (self._watch.when(is_fill_of(seed.client_order_id), after=after).at_s - began_s) * 1000
            for seed, began_s, after in self._begun
        ]

    def _fill(self) -> None:
        while not self._end.wait(self._every_s):
            seed = self._seeds.popleft()
            self._begun.append((seed, time.perf_counter(), self._watch.count()))
            fill(self._system, seed)

    def __enter__(self) -> SteadyFills:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()


def _noticed(watch: EventWatch, seed: Seed, began_s: float, after: int) -> Noticed:
    booked = watch.when(is_fill_of(seed.client_order_id), after=after)
    position = watch.when(is_position_of(seed.symbol), after=booked.number)
    return Noticed(booked=(booked.at_s - began_s) * 1000, position=(position.at_s - began_s) * 1000)
