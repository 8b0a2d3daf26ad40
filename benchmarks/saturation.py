"""How much of an allowance do eight greedy processes use together, and who is refused?

Processes of several accounts behind one address ask without a pause, on lanes below cancel.
Meanwhile one question at a time goes out on the lanes cancel and emergency; the same questions
on the idle exchange, before and after, are the baseline. Usage is what the exchange counted in
each whole minute of its clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

from benchmarks.figures import Table, flat, in_figures, ratio
from benchmarks.part import Part, run_part
from benchmarks.system import BenchSystem, bench_system
from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from tests.greedy import (
    MINUTE_MS,
    greedy_processes,
    offset_before_turn,
    weight_at_turns,
)

URGENT_LANES = (Lane.CANCEL, Lane.EMERGENCY)
#: Between two urgent questions; together they use a small part of what is reserved for them.
PAUSE_S = 4.0
IDLE_QUESTIONS = 10
#: The exchange's minute ends so long after the processes begin.
FIRST_MS = 8_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    processes: int = 8
    accounts: int = 3
    weight_per_minute: int = 1_200
    minutes: int = 2  # Whole ones, after the end of the one before


@dataclass(frozen=True, kw_only=True)
class Urgent:
    """Questions on one lane: how long each took, and how many were refused."""

    latencies_ms: tuple[float, ...]
    refused: int


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Ask idle, saturated, idle."""
    names = [f"account{number}" for number in range(sizes.accounts)]
    with bench_system(
        folder,
        accounts=names,
        symbols=("BTC/USDT",),  # Which the greedy processes ask for
        weight_per_minute=sizes.weight_per_minute,
    ) as system:
        system.trader.context.gateway.load_server_time_ms(Lane.CANCEL)
        before = ask_idle(system)
        weights, saturated = saturate(system, names, sizes)
        after = ask_idle(system)
        stats = system.exchange.control.stats()
    too_many = stats["too_many_requests"] + stats["bans"]
    return [
        _usage_table(weights, too_many, sizes),
        _urgent_table(before, saturated, after),
    ]


def saturate(
    system: BenchSystem, names: Sequence[str], sizes: Sizes
) -> tuple[list[int], dict[Lane, Urgent]]:
    """Return what was used in each of the exchange's minutes, and the urgent questions."""
    seconds = (FIRST_MS + sizes.minutes * MINUTE_MS) / 1_000 + 1
    found: dict[Lane, Urgent] = {}
    ended = Event()
    asking = Thread(target=lambda: found.update(ask_urgently(system, _until(ended))))
    with greedy_processes(system.system.config, names, sizes.processes, seconds) as begin:
        offset_ms = offset_before_turn(FIRST_MS)
        system.exchange.control.set_clock(offset_ms)
        system.trader.context.gateway.measure_clock(Lane.EMERGENCY)
        used = int(system.exchange.control.stats()["weight"])
        begin()
        asking.start()
        counted = weight_at_turns(system.exchange.control, offset_ms, sizes.minutes + 1)
        ended.set()
        asking.join()
    return [after - before for before, after in pairwise([used, *counted])], found


def ask_idle(system: BenchSystem) -> dict[Lane, Urgent]:
    """Return a few questions while nobody else asks."""
    return ask_urgently(system, iter(range(IDLE_QUESTIONS)), pause_s=0.05)


def ask_urgently(
    system: BenchSystem, rounds: Iterator[int], pause_s: float = PAUSE_S
) -> dict[Lane, Urgent]:
    """Ask once on each urgent lane in every round; an answer later than it came is no refusal."""
    gateway = system.trader.context.gateway
    latencies_ms: dict[Lane, list[float]] = {lane: [] for lane in URGENT_LANES}
    refused = dict.fromkeys(URGENT_LANES, 0)
    for _ in rounds:
        for lane in URGENT_LANES:
            began_s = time.perf_counter()
            try:
                gateway.load_server_time_ms(lane)
                latencies_ms[lane].append((time.perf_counter() - began_s) * 1_000)
            except BudgetExhausted:
                refused[lane] += 1
        time.sleep(pause_s)
    return {
        lane: Urgent(latencies_ms=tuple(latencies_ms[lane]), refused=refused[lane])
        for lane in URGENT_LANES
    }


def _until(ended: Event) -> Iterator[int]:
    number = 0
    while not ended.is_set():
        yield number
        number += 1


def _usage_table(weights: Sequence[int], too_many: int, sizes: Sizes) -> Table:
    rows = [
        (_minute_words(number), f"{weight:,}", f"{weight / sizes.weight_per_minute:.1%}")
        for number, weight in enumerate(weights)
        if number or not sizes.minutes
    ]
    return Table(
        title="An allowance that is asked for more than it has",
        columns=("minute", "weight used", "of the allowance"),
        rows=tuple(rows),
        note=(
            f"{sizes.processes} processes of {sizes.accounts} accounts,"
            f" {sizes.weight_per_minute:,} a minute; answers 429 and 418: {too_many}."
        ),
    )


def _urgent_table(
    before: dict[Lane, Urgent], saturated: dict[Lane, Urgent], after: dict[Lane, Urgent]
) -> Table:
    rows = []
    for lane in URGENT_LANES:
        idle = [before[lane].latencies_ms, after[lane].latencies_ms]
        ours = list(saturated[lane].latencies_ms)
        half = len(ours) // 2
        rows.append(
            (
                lane.value,
                str(len(ours)),
                str(saturated[lane].refused),
                in_figures(ours, 0.5, 0.99),
                in_figures(flat(idle), 0.5, 0.99),
                ratio([ours[:half], ours[half:]], idle, 0.5),
            )
        )
    return Table(
        title="A cancel and an emergency while the allowance is used up",
        columns=("lane", "asked", "refused", "p50 / p99", "idle p50 / p99", "ratio of p50"),
        rows=tuple(rows),
        note="One question and its answer, its part of the allowance included.",
    )


def _minute_words(number: int) -> str:
    return f"whole minute {number}" if number else f"the last {FIRST_MS // 1_000} s of a minute"


PART = Part(
    name="saturation",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(processes=2, accounts=2, weight_per_minute=300, minutes=0),
)

if __name__ == "__main__":
    run_part(PART)
