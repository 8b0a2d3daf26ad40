"""How long after a fill on the exchange does the stored position show it, stream on?

Each round takes bare Celery round trips (a task that does nothing, on the same broker and worker,
its result awaited) and fills in turn, so that a slow moment of the machine is in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.bare_task import round_trip_ms
from benchmarks.event_watch import EventWatch
from benchmarks.figures import Table, flat, in_figures, ratio
from benchmarks.filling import Latency, fill_and_wait
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import Seed, seed_orders
from benchmarks.system import BenchSystem, bench_system


@dataclass(frozen=True, kw_only=True)
class Sizes:
    rounds: int = 5
    fills: int = 60  # Of each round, and as many bare round trips
    symbols: int = 10


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Compare fills with bare round trips, round by round."""
    bare, fills = [], []
    symbols = market_names(sizes.symbols)
    # Ample: each fill asks for balances anew, and more fills a minute than usual are made here
    with bench_system(folder, symbols=symbols, weight_per_minute=10**6) as system:
        system.start()
        orders = (sizes.rounds + 1) * sizes.fills
        seeds = iter(seed_orders(system, system.trader, symbols, orders))
        system.start_listener()
        with EventWatch(system.trader) as watch:
            _both(system, watch, islice(seeds, sizes.fills))  # The first of everything is slower
            for _ in range(sizes.rounds):
                trips, latencies = _both(system, watch, islice(seeds, sizes.fills))
                bare.append(trips)
                fills.append(latencies)
    table = Table(
        title="Fill on the exchange → position updated, stream on",
        columns=("", "p50", "p95", "p99", "p50 / bare", "p99 / bare"),
        rows=(
            _row("bare Celery round trip", bare, bare),
            _row("fill → booked", _each(fills, "booked"), bare),
            _row("fill → position stored", _each(fills, "position"), bare),
            _row("fill → portfolio stored", _each(fills, "portfolio"), bare),
        ),
        note=(
            f"{sizes.rounds} rounds of {sizes.fills} fills and {sizes.fills} round trips; ratios"
            " round by round: median (smallest to largest)."
        ),
    )
    return [table]


def _both(
    system: BenchSystem, watch: EventWatch, seeds: Iterable[Seed]
) -> tuple[list[float], list[Latency]]:
    """Return bare round trips and fills, taken in turn."""
    trips, latencies = [], []
    for seed in seeds:
        trips.append(round_trip_ms(system.fleet.app))
        latencies.append(fill_and_wait(system, watch, seed))
    return trips, latencies


def _each(rounds: Sequence[Sequence[Latency]], name: str) -> list[list[float]]:
    return [[getattr(latency, name) for latency in one] for one in rounds]


def _row(name: str, ours: list[list[float]], bare: list[list[float]]) -> tuple[str, ...]:
    figures = [in_figures(flat(ours), share) for share in (0.5, 0.95, 0.99)]
    ratios = ["1", "1"] if ours is bare else [ratio(ours, bare, share) for share in (0.5, 0.99)]
    return (name, *figures, *ratios)


PART = Part(
    name="fill_latency",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(rounds=1, fills=3, symbols=2),
)

if __name__ == "__main__":
    run_part(PART)
