"""How many requests, and how much of the allowance, does watching N open orders cost a minute?

All accounts share one address with the exchange's real allowance. What is counted is what the
exchange counted. The reconcile of each account, every two minutes, costs the same whatever N is;
it is kept out of the windows and shown on a line of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from benchmarks.figures import Table
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import seed_orders
from benchmarks.system import WEIGHT_PER_MINUTE, BenchSystem, bench_system
from engine.config.execution import ExecutionSettings
from engine.execution import reconcile
from tests.process import ServiceProcess

#: Binance lets an account have 200 open orders in a market; ours share them out evenly.
ORDERS_PER_ACCOUNT = 1_000
SEEDERS = 4
MINUTE_S = 60.0
#: Further away than any run takes.
NEVER_MS = 86_400_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    most_orders: int = 10_000
    symbols: int = 50
    seconds_off: int = 12  # Of each window
    seconds_on: int = 32  # Each order is looked at every 30 s


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the exchange counted in one window, for a minute."""

    requests: float
    weight: float
    refused: int  # 429 and 418, in the window itself
    by_endpoint: Mapping[str, float]


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Let the orders become more and count the requests of each stage."""
    symbols = market_names(sizes.symbols)
    stages = [n for n in (10, 100, 1_000, 10_000) if n <= sizes.most_orders]
    names = [f"account{i}" for i in range(-(-stages[-1] // ORDERS_PER_ACCOUNT))]
    rows = []
    with bench_system(
        folder,
        accounts=names,
        symbols=symbols,
        execution={"reconcile_interval_ms": NEVER_MS},
    ) as system:
        system.start()
        held: Counter[str] = Counter()
        for orders in stages:
            grow(system, held, symbols, orders)
            system.forget_usage()
            rows.append(_row(f"{orders:,}", "off", count_for(system, sizes.seconds_off)))
            listener = listen_unhindered(system)
            system.forget_usage()
            rows.append(_row(f"{orders:,}", "on", count_for(system, sizes.seconds_on)))
            listener.stop()
        system.stop()
        rows.append(_reconcile_row(count_reconcile(system)))
    table = Table(
        title="Requests and weight per minute for N open orders",
        columns=("N", "stream", "requests", "weight", "of the allowance", "429", "asked for"),
        rows=tuple(rows),
        note=(
            f"{sizes.symbols} symbols; up to {ORDERS_PER_ACCOUNT:,} orders in each account; one"
            f" address with {WEIGHT_PER_MINUTE:,} a minute. Counted by the exchange over"
            f" {sizes.seconds_off} s (off) and {sizes.seconds_on} s (on)."
        ),
    )
    return [table]


def grow(system: BenchSystem, held: Counter[str], symbols: Sequence[str], orders: int) -> None:
    """Place orders where accounts have room, until so many are held."""
    missing, rooms = orders - held.total(), {}
    for name in system.traders:
        rooms[name] = min(missing, ORDERS_PER_ACCOUNT - held[name])
        missing -= rooms[name]
    with ThreadPoolExecutor(SEEDERS) as pool:  # Each write waits for the disk
        seeding = [
            pool.submit(seed_orders, system, system.traders[name], symbols, room)
            for name, room in rooms.items()
            if room
        ]
        held.update({name: room for name, room in rooms.items() if room})
    for done in seeding:
        done.result()


def listen_unhindered(system: BenchSystem) -> ServiceProcess:
    """Start a listener; what it asks before it counts as live is not what is measured here."""

    def forget() -> None:
        while not is_live.wait(1):
            system.forget_usage()

    is_live = Event()
    forgetting = Thread(target=forget)
    forgetting.start()
    try:
        return system.start_listener()
    finally:
        is_live.set()
        forgetting.join()


def count_for(system: BenchSystem, seconds: float) -> Cost:
    """Return what the exchange is asked in the next seconds, for a minute."""
    system.exchange.control.clear_stats()
    began_s = time.monotonic()
    time.sleep(seconds)
    return _counted(system, (time.monotonic() - began_s) / MINUTE_S)


def count_reconcile(system: BenchSystem) -> Cost:
    """Return what one reconcile of an account asks."""
    system.forget_usage()
    system.exchange.control.clear_stats()
    reconcile.reconcile(system.trader.context)
    return _counted(system, 1)


def _counted(system: BenchSystem, minutes: float) -> Cost:
    asked = system.exchange.control.stats()
    by_endpoint = {name: count / minutes for name, count in asked["requests"].items()}
    return Cost(
        requests=sum(by_endpoint.values()),
        weight=asked["weight"] / minutes,
        refused=asked["too_many_requests"] + asked["bans"],
        by_endpoint=by_endpoint,
    )


def _reconcile_row(cost: Cost) -> tuple[str, ...]:
    every_ms = ExecutionSettings().reconcile_interval_ms
    return _row(f"one reconcile, every {every_ms / 1000:.0f} s for each account", "", cost)


def _row(name: str, stream: str, cost: Cost) -> tuple[str, ...]:
    most = sorted(cost.by_endpoint.items(), key=lambda item: -item[1])
    return (
        name,
        stream,
        f"{cost.requests:,.0f}",
        f"{cost.weight:,.0f}",
        f"{cost.weight / WEIGHT_PER_MINUTE:.0%}",
        str(cost.refused),
        ", ".join(f"{name} {count:,.0f}" for name, count in most[:4]),
    )


PART = Part(
    name="polling_cost",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(most_orders=10, symbols=3, seconds_off=3, seconds_on=3),
)

if __name__ == "__main__":
    run_part(PART)
