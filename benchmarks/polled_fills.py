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

#: Between two fills, on average: what follows a fill must not use the allowance up.
SPACING_S = 1.5


@dataclass(frozen=True, kw_only=True)
class Sizes:
    open_orders: int = 1_000
    symbols: int = 50
    fills: int = 30
    filled_symbols: int = 3


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
        # On few symbols: each settled order has the portfolio asked for the price of each holding
        filled = set(symbols[: sizes.filled_symbols])
        candidates = [seed for seed in seeds if seed.symbol in filled]
        chosen = random.Random(1).sample(candidates, min(sizes.fills, len(candidates)))
        with EventWatch(system.trader) as watch:
            latencies = fill_at_any_moment(system, watch, chosen, spacing_s=SPACING_S)
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
            f" of the monitor every {tick_ms:,} ms; {len(latencies)} fills at any"
            f" moment, {SPACING_S} s apart on average, on {sizes.filled_symbols} of the symbols."
        ),
    )
    return [table]


def _row(name: str, values: list[float]) -> tuple[str, ...]:
    return (name, *(in_figures(values, share) for share in (0.5, 0.95, 1)))


PART = Part(
    name="polled_fills",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(open_orders=20, symbols=3, fills=2, filled_symbols=1),
)

if __name__ == "__main__":
    run_part(PART)
