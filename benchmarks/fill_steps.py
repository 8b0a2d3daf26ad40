"""Where does the time go between a fill on the exchange and the stored position, stream on?

The steps are read from what the two Redis servers were told, by their own clocks, which is this
machine's. Listening to that slows them down, so the sum is more than `fill_latency` measures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.command_tape import CommandTape
from benchmarks.event_watch import EventWatch
from benchmarks.figures import Table, in_figures
from benchmarks.filling import fill_and_wait
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import Seed, seed_orders
from benchmarks.system import BenchSystem, bench_system

STEPS = (
    "exchange and wire → the listener's first read",
    "listener: read and apply → commit",
    "commit synced, message made → broker",
    "broker → worker's first read",
    "worker: fold → position stored",
)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    fills: int = 40
    warm_up: int = 10


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Fill orders one by one and look up each step."""
    with bench_system(folder, weight_per_minute=10**6) as system:
        system.start()
        seeds = seed_orders(system, system.trader, market_names(1), sizes.warm_up + sizes.fills)
        system.start_listener()
        running = system.system
        with (
            EventWatch(system.trader) as watch,
            CommandTape(running.state.port) as state,
            CommandTape(running.messages.port) as messages,
        ):
            for seed in seeds[: sizes.warm_up]:
                fill_and_wait(system, watch, seed)
            runs = [
                steps_of_one(system, watch, seed, state, messages)
                for seed in seeds[sizes.warm_up :]
            ]
    table = Table(
        title="Fill on the exchange → position updated, step by step",
        columns=("", "p50", "p95"),
        rows=tuple(_row(name, [run[i] for run in runs]) for i, name in enumerate(STEPS)),
        note=f"{sizes.fills} fills, one at a time; from the commands of the Redis servers.",
    )
    return [table]


def steps_of_one(
    system: BenchSystem, watch: EventWatch, seed: Seed, state: CommandTape, messages: CommandTape
) -> list[float]:
    """Return how long each step of a fill took, in ms."""
    began_s = time.time()
    fill_and_wait(system, watch, seed)
    state.catch_up()
    messages.catch_up()
    name, position = seed.client_order_id, f":position:{seed.symbol}"
    heard = state.first(lambda words: ":account" in words or name in words, after_s=began_s)
    committed = state.first(
        lambda words: '"XADD"' in words and "order_filled" in words and name in words,
        after_s=heard.at_s,
    )
    sent = messages.first(
        lambda words: words.startswith('"LPUSH"') and "positions.update_position" in words,
        after_s=committed.at_s,
    )
    begun = state.first(
        lambda words: words.startswith('"HMGET"') and position in words, after_s=sent.at_s
    )
    stored = state.first(
        lambda words: '"XADD"' in words and "position_updated" in words, after_s=begun.at_s
    )
    times_s = [began_s, *(said.at_s for said in (heard, committed, sent, begun, stored))]
    return [(later - earlier) * 1000 for earlier, later in pairwise(times_s)]


def _row(name: str, values: Sequence[float]) -> tuple[str, ...]:
    return (name, in_figures(values, 0.5), in_figures(values, 0.95))


PART = Part(
    name="fill_steps",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(fills=2, warm_up=1),
)

if __name__ == "__main__":
    run_part(PART)
