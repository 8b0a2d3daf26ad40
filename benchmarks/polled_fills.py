"""Without a stream, among many open orders: how long until a fill is noticed?"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.event_watch import EventWatch
from benchmarks.figures import Table, in_figures
from benchmarks.filling import fill_at_any_moment
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import seed_orders
from benchmarks.system import bench_system


@dataclass(frozen=True, kw_only=True)
class Sizes:
    open_orders: int = 1_000
    symbols: int = 50
    fills: int = 60


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Fill orders among many at any moment; nobody listens to the stream."""
    symbols = market_names(sizes.symbols)
    with bench_system(folder, symbols=symbols) as system:
        system.start()
        for symbol in symbols:
            # The paper exchange makes up a market's last day when it is first asked for a price,
            # and answers nobody meanwhile
            system.trader.context.gateway.load_ticker(symbol)
        seeds = seed_orders(system, system.trader, symbols, sizes.open_orders)
        chosen = random.Random(1).sample(seeds, sizes.fills)
        with EventWatch(system.trader) as watch:
            latencies = fill_at_any_moment(system, watch, chosen)
        tick_ms = system.trader.context.timings.monitor_interval_ms
    table = Table(
        title="Fill on the exchange → noticed, stream off",
        columns=("", "p50", "p95", "largest"),
        rows=(
            _row("fill → booked", [latency.booked for latency in latencies]),
            _row("fill → position stored", [latency.position for latency in latencies]),
        ),
        note=(
            f"{sizes.open_orders:,} open orders of one account on {sizes.symbols} symbols, a tick"
            f" of the monitor every {tick_ms:,} ms; {sizes.fills} fills at any moment."
        ),
    )
    return [table]


def _row(name: str, values: list[float]) -> tuple[str, ...]:
    return (name, *(in_figures(values, share) for share in (0.5, 0.95, 1)))


PART = Part(
    name="polled_fills",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(open_orders=20, symbols=3, fills=2),
)

if __name__ == "__main__":
    run_part(PART)
