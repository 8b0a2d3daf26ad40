"""How long until an account is flat, with its workers drowned and one order landing late?

The ordinary worker stands still behind a full queue, callers go on placing orders, and one order
hangs on its way to the exchange: it lands after the halt. The emergency lane's worker alone ends
all. Every order is cancelled by itself, as where others' orders stand beside ours.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from benchmarks.figures import Table, milliseconds
from benchmarks.markets import exchange_name, market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import seed_orders
from benchmarks.system import BenchSystem, bench_system
from engine.domain.emergency import EmergencyRun
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.execution.placing import submission
from engine.execution.stopping import emergency
from engine.ports import OrderFilter
from tests.fleet import LaneWorker
from tests.trader import Trader
from tests.waiting import eventually

TIMINGS = {"http_timeout_ms": 2_500, "engine_tail_ms": 2_000, "not_placed_margin_ms": 2_000}
#: The late order reaches the books so long after it was sent.
LATE_MS = 4_500
TIMEOUT_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Sizes:
    orders: int = 500
    positions: int = 20
    waiting: int = 300  # Orders that are recorded and not sent when the halt comes


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Fill an account, drown its worker, stop it."""
    symbols = market_names(sizes.positions)
    with bench_system(folder, symbols=symbols, execution=TIMINGS) as system:
        system.exchange.make_up_past(exchange_name(symbol) for symbol in symbols)
        system.start()
        trader = system.trader
        fill_account(system, trader, symbols, sizes)
        system.fleet.start(LaneWorker(system.system, "emergency", ["emergency"]))
        system.system.worker.send(signal.SIGSTOP)
        try:
            with placing(trader, symbols[0], sizes.waiting):
                late = send_late(system, trader, symbols[0])
                before = weight_used(trader)
                began_s, run = monotonic(), stop(trader)
                took_ms = (monotonic() - began_s) * 1_000
                after = weight_used(trader)
                weight = after - before if after >= before else after  # A minute has turned
        finally:
            system.system.worker.send(signal.SIGCONT)
        # The worker wakes up to its full queue: nothing of that may be sent
        eventually(lambda: is_quiet(trader), timeout_s=TIMEOUT_S)
        return [tabulate(trader, run, late, took_ms, weight, sizes)]


def fill_account(system: BenchSystem, trader: Trader, symbols: list[str], sizes: Sizes) -> None:
    """Buy a position in every market, and let orders rest."""
    bought = [trader.place(symbol, quantity=1) for symbol in symbols]
    for order in bought:
        name = order.client_order_id
        eventually(lambda name=name: trader.order(name).is_settled, timeout_s=TIMEOUT_S)
    seed_orders(system, trader, symbols, sizes.orders)
    system.forget_usage()


def send_late(system: BenchSystem, trader: Trader, symbol: str) -> str:
    """Have this process send an order that hangs on its way; return its id once it is sent."""
    system.exchange.control.add_fault(
        command="order.place", delay_before_matching_ms=LATE_MS, answer="drop"
    )
    name = trader.place(symbol, quantity=1).client_order_id
    sender = system.fleet.trader(trader.account, trader.uid, **TIMINGS)  # Of another process
    Thread(target=submission.submit_order, args=(sender.context, name)).start()
    eventually(lambda: trader.order(name).is_in_doubt, timeout_s=TIMEOUT_S)
    return name


@contextmanager
def placing(trader: Trader, symbol: str, first: int) -> Iterator[None]:
    """Place orders all the time; so many are recorded before this returns."""
    is_over = Event()
    recorded = [trader.place(symbol, quantity="0.1") for _ in range(first)]
    assert len(recorded) == first

    def place() -> None:
        while not is_over.wait(0.05):
            trader.place(symbol, quantity="0.1")

    thread = Thread(target=place)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def stop(trader: Trader) -> EmergencyRun:
    """Begin, hand over to the emergency lane, and wait for its end."""
    context = trader.context
    emergency.begin_emergency(context, "a measurement")
    context.dispatcher.work_emergency(context.name)

    def is_over() -> bool:
        stored = context.store.find_emergency()
        assert stored is not None
        return stored.value.is_over

    eventually(is_over, timeout_s=TIMEOUT_S)  # Beat's sweep hands it over again and again
    stored = context.store.find_emergency()
    assert stored is not None
    return stored.value


def is_quiet(trader: Trader) -> bool:
    """Tell whether every message was read and every order has its end."""
    waiting = trader.context.dispatcher.queue_lengths()
    active = trader.context.store.list_orders(OrderFilter.ACTIVE)
    return not waiting["submit"] and not active


def weight_used(trader: Trader) -> int:
    """Return what the emergency lane has used of this minute's weight."""
    usage = {one.window.name: one for one in trader.engine.budget(trader.account).meter()}
    return usage["weight_1m"].used_by_lane.get(Lane.EMERGENCY, 0)


def claimed_after(trader: Trader, run: EmergencyRun) -> list[Order]:
    """Return the orders that were claimed after the halt and are not the run's own."""
    orders = trader.context.store.list_orders(OrderFilter.RECENT)
    return [
        order
        for order in orders
        if (order.signed_at_ms or 0) > run.began_at_ms and not order.emergency_run
    ]


def tabulate(
    trader: Trader,
    run: EmergencyRun,
    late: str,
    took_ms: float,
    weight: int,
    sizes: Sizes,
) -> Table:
    """Return what was seen; the exchange's own books say whether the account is flat."""
    is_open = [one for one in trader.exchange_orders() if one["status"] == "NEW"]
    held = set(trader.exchange_totals()) - {"USDT"}
    rows = (
        ("flat after", milliseconds(took_ms)),
        ("of that, about, until the late order landed", milliseconds(LATE_MS)),
        ("request weight of the run, at least (6,000 a minute are allowed)", str(weight)),
        ("orders ended", str(len(run.orders))),
        ("flatten orders", str(len(run.sales))),
        ("the late order", trader.order(late).status.value),
        ("orders claimed after the halt, its own aside", str(len(claimed_after(trader, run)))),
        ("orders open at the exchange", str(len(is_open))),
        ("coins held at the exchange", str(len(held))),
    )
    note = (
        f"{sizes.orders} open orders and {sizes.positions} positions, {sizes.waiting} orders"
        " recorded and waiting, more coming, the ordinary worker stopped."
    )
    return Table(title="An emergency stop", columns=("", "seen"), rows=rows, note=note)


PART = Part(
    name="emergency",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(orders=10, positions=2, waiting=5),
)

if __name__ == "__main__":
    run_part(PART)
