"""Is the first order of a fresh worker as quick as the hundredth?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import Table, in_figures, ratio
from benchmarks.part import Part, run_part
from benchmarks.system import BenchSystem, bench_system, write_settings
from tests.fleet import LaneWorker
from tests.waiting import eventually

#: Nothing may wait for an allowance here.
ORDERS_PER_10S = 100_000
#: A buy far below the market that may not rest: it ends at once and leaves nothing behind.
PASSING = {"order_type": "limit", "quantity": "0.1", "price": "50", "time_in_force": "IOC"}
TRAVEL_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Sizes:
    rounds: int = 6
    orders: int = 100  # After the first one


class SubmitWorker(LaneWorker):
    """One process on the lane of orders, warmed at its start or not."""

    def __init__(self, system: BenchSystem, number: int, *, is_warm: bool) -> None:
        name = f"{'warm' if is_warm else 'cold'}-{number}"
        super().__init__(system.system, name, ["submit"])
        if not is_warm:
            self._command += ["--include", "benchmarks.cold_worker"]


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Start fresh workers by turns, and place one order after the other."""
    with bench_system(folder) as system:
        write_settings(system.system, "paper", orders_per_10s=ORDERS_PER_10S)
        system.exchange.control.set_limits(orders_per_10s=ORDERS_PER_10S)
        system.start()
        system.stop()  # The worker of all lanes would take the orders
        rounds = {True: [], False: []}
        for number in range(sizes.rounds):
            for is_warm, taken in rounds.items():
                with fresh_worker(system, number, is_warm=is_warm):
                    taken.append([place_ms(system) for _ in range(sizes.orders + 1)])
    return [_table(rounds[True], rounds[False], sizes)]


@contextmanager
def fresh_worker(system: BenchSystem, number: int, *, is_warm: bool) -> Iterator[None]:
    """Run a worker that has not done anything yet; the allowance is fresh as well."""
    system.forget_usage()
    worker = SubmitWorker(system, number, is_warm=is_warm)
    system.fleet.start(worker)
    try:
        yield
    finally:
        worker.stop()


def place_ms(system: BenchSystem) -> float:
    """Return how long an order took from its record until the exchange had it.

    Both moments are written down by those whom they concern, on this machine's one clock.
    """
    order = system.trader.place("C00/USDT", **PASSING)
    name = order.client_order_id
    eventually(lambda: system.trader.order(name).exchange_order_id, timeout_s=TRAVEL_TIMEOUT_S)
    return float(system.trader.order(name).exchange_updated_at_ms - order.created_at_ms)


def _table(warm: list[list[float]], cold: list[list[float]], sizes: Sizes) -> Table:
    return Table(
        title="First order of a fresh worker process",
        columns=(
            "",
            "first order, median",
            "first order, slowest",
            "next, p50 / p99",
            "first ÷ next p50",
        ),
        rows=(_row("warmed at its start", warm), _row("not warmed", cold)),
        note=(
            f"Record → at the exchange; {sizes.rounds} fresh workers of each kind by turns, one"
            f" process each, {sizes.orders} further orders one after the other."
        ),
    )


def _row(name: str, rounds: list[list[float]]) -> tuple[str, ...]:
    firsts, nexts = [one[0] for one in rounds], [one[1:] for one in rounds]
    return (
        name,
        in_figures([median(firsts)], 0.5),
        in_figures(firsts, 1),
        in_figures([value for one in nexts for value in one], 0.5, 0.99),
        ratio([[first] for first in firsts], nexts, 0.5),
    )


PART = Part(
    name="warm_start",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(rounds=1, orders=3),
)

if __name__ == "__main__":
    run_part(PART)
