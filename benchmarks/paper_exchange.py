"""How many signed orders a second does one paper exchange take on this machine?

Two numbers: orders by the clock, which other work on the machine slows down, and orders by the
processor time of the exchange, which is what one core of its own could take. Client and exchange
share the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Table, percentile
from benchmarks.part import Part, run_part
from benchmarks.raw_requests import send_all, signed_order
from tests.paper import PaperExchange


@dataclass(frozen=True, kw_only=True)
class Sizes:
    orders: int = 4000
    connections: int = 4
    rounds: int = 3


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one run measured."""

    by_clock: float  # Orders a second
    by_processor: float  # Orders a second of the exchange's processor time
    latencies_ms: list[float]


def resting(number: int) -> str:
    """Return a limit order that stays in the book."""
    price = 40_000 + number % 1000
    return (
        f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price={price}"
        f"&newClientOrderId=rest{number}&newOrderRespType=FULL"
    )


def taking(number: int) -> str:
    """Return a market order; buys and sells take turns."""
    side = "BUY" if number % 2 else "SELL"
    return f"symbol=BTCUSDT&side={side}&type=MARKET&quantity=0.0001&newClientOrderId=take{number}"


KINDS = (("limit orders that rest", resting), ("market orders that fill", taking))


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Send orders of each kind to an exchange in memory, and to one that keeps them on disk."""
    results: dict[str, list[Result]] = {}
    for number in range(sizes.rounds):
        for kind, make in KINDS:
            kept = folder / f"{make.__name__}{number}"
            for where, data_dir in (("in memory", None), ("kept on disk", kept)):
                result = run_once(make, sizes, data_dir)
                results.setdefault(f"{kind}, {where}", []).append(result)
    table = Table(
        title="The paper exchange: signed orders per second on one core",
        columns=("", "by the clock", "by the exchange's processor time", "p50", "p99"),
        rows=tuple(_row(name, runs) for name, runs in results.items()),
        note=(
            f"{sizes.orders} orders over {sizes.connections} kept-alive connections, signed"
            f" beforehand; runs of each: {sizes.rounds}, smallest and largest."
        ),
    )
    return [table]


def run_once(make: Callable[[int], str], sizes: Sizes, data_dir: Path | None) -> Result:
    """Start an exchange and send it orders of one kind."""
    with PaperExchange(
        orders_per_10s=10**9,
        weight_per_minute=10**9,
        balances=["USDT=1000000000", "BTC=1000"],
        data_dir=data_dir,
    ) as exchange:
        exchange.control.set_symbol("BTCUSDT", max_orders=10**6)
        exchange.control.set_book("BTCUSDT", [(59990, 100)], [(60010, 100)])
        requests = [signed_order(exchange.port, make(n)) for n in range(sizes.orders)]
        pid = exchange.process.pid
        began_s, used_s = time.perf_counter(), processor_seconds(pid)
        connections = asyncio.run(send_all(exchange.port, requests, sizes.connections))
        took_s, worked_s = time.perf_counter() - began_s, processor_seconds(pid) - used_s
    refusals = [refusal for connection in connections for refusal in connection.refusals]
    assert not refusals, refusals[0]
    return Result(
        by_clock=sizes.orders / took_s,
        by_processor=sizes.orders / max(worked_s, 0.01),  # The kernel counts in hundredths
        latencies_ms=[ms for connection in connections for ms in connection.latencies_ms],
    )


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _row(name: str, runs: list[Result]) -> tuple[str, ...]:
    latencies = [run.latencies_ms for run in runs]
    return (
        name,
        _span((run.by_clock for run in runs), ",.0f", "/s"),
        _span((run.by_processor for run in runs), ",.0f", "/s"),
        *(
            _span((percentile(one, share) for one in latencies), ".1f", "ms")
            for share in (0.5, 0.99)
        ),
    )


def _span(values: Iterable[float], form: str, unit: str) -> str:
    known = list(values)
    return f"{min(known):{form}} to {max(known):{form}} {unit}"


PART = Part(
    name="paper_exchange",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(orders=100, connections=2, rounds=1),
)

if __name__ == "__main__":
    run_part(PART)
