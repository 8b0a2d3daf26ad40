"""How many requests, and how much of the allowance, does watching N open orders cost a minute?

All accounts share one address with the exchange's real allowance. What is counted is what the
exchange counted. The reconcile of each account, every two minutes, costs the same whatever N is;
it is kept out of the windows and shown on a line of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Event, Thread

from benchmarks.figures import Table
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import seed_orders
from benchmarks.system import WEIGHT_PER_MINUTE, BenchSystem, bench_system
from engine.config.execution import ExecutionSettings
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.process import ServiceProcess
from tests.trader import Trader

#: Binance lets an account have 200 open orders in a market; ours share them out evenly.
ORDERS_PER_ACCOUNT = 1_000
SEEDERS = 4
MINUTE_S = 60.0
STAGES = (10, 100, 1_000, 10_000)
#: The first looks after orders came are more than later ones.
SETTLE_S = 3.0
#: Further away than any run takes.
NEVER_MS = 86_400_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    most_orders: int = 10_000
    symbols: int = 50
    seconds_off: int = 24  # Of each window; everything is listed every eight seconds
    seconds_on: int = 32  # Each order is looked at every 30 s


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the exchange counted in one window, for a minute."""

    requests: float
    weight: float
    refused: int  # 429 and 418, in the window itself
    by_endpoint: Mapping[str, float]


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Let the orders become more and count the requests of each stage.

    Each stage has as many accounts as its orders need, since all that are configured share the
    address evenly, whether they have orders or not.
    """
    stages = [orders for orders in STAGES if orders <= sizes.most_orders]
    rows, reconciled = [], None
    for accounts, same in groupby(stages, key=accounts_for):
        with paced_system(folder / str(accounts), accounts, sizes) as system:
            rows += [row for orders in same for row in rows_of_stage(system, orders, sizes)]
            system.stop()
            reconciled = reconciled or _reconcile_row(count_reconcile(system))
    table = Table(
        title="Requests and weight per minute for N open orders",
        columns=("N", "stream", "requests", "weight", "of the allowance", "429", "asked for"),
        rows=(*rows, reconciled) if reconciled else tuple(rows),
        note=(
            f"{sizes.symbols} symbols; up to {ORDERS_PER_ACCOUNT:,} orders in each account; one"
            f" address with {WEIGHT_PER_MINUTE:,} a minute. Counted by the exchange over"
            f" {sizes.seconds_off} s (off) and {sizes.seconds_on} s (on)."
        ),
    )
    return [table]


def accounts_for(orders: int) -> int:
    """Return how many accounts can hold so many orders."""
    return -(-orders // ORDERS_PER_ACCOUNT)


@contextmanager
def paced_system(folder: Path, accounts: int, sizes: Sizes) -> Iterator[BenchSystem]:
    """Run a system that reconciles no more after its start."""
    folder.mkdir()
    with bench_system(
        folder,
        accounts=[f"account{number}" for number in range(accounts)],
        symbols=market_names(sizes.symbols),
        execution={"reconcile_interval_ms": NEVER_MS},
    ) as system:
        system.start()
        yield system


def rows_of_stage(system: BenchSystem, orders: int, sizes: Sizes) -> list[tuple[str, ...]]:
    """Return what so many orders cost, without and with a listener."""
    accounts = len(system.traders)
    name = f"{orders:,}" + (f" ({accounts} accounts)" if accounts > 1 else "")
    grow(system, market_names(sizes.symbols), orders)
    system.forget_usage()
    time.sleep(SETTLE_S)
    off = count_for(system, sizes.seconds_off)
    listener = listen_unhindered(system)
    system.forget_usage()
    on = count_for(system, sizes.seconds_on)
    listener.stop()
    return [_row(name, "off", off), _row(name, "on", on)]


def grow(system: BenchSystem, symbols: Sequence[str], orders: int) -> None:
    """Place orders, evenly over the accounts, until so many are held."""
    traders = list(system.traders.values())
    with ThreadPoolExecutor(SEEDERS) as pool:  # Each write waits for the disk
        seeding = [
            pool.submit(
                seed_orders, system, trader, symbols, orders // len(traders) - _held_by(trader)
            )
            for trader in traders
        ]
    for done in seeding:
        done.result()


def _held_by(trader: Trader) -> int:
    return len(trader.context.store.list_orders(OrderFilter.OPEN))


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
    """Return what one reconcile of an account asks, as the schedule lets it: totals first."""
    system.forget_usage()
    reconcile.reconcile(system.trader.context)
    system.forget_usage()
    system.exchange.control.clear_stats()
    reconcile.reconcile(system.trader.context, is_thorough=False)
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
