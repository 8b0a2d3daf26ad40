"""A listener dies, stops, sleeps or hears nothing: who goes on, how soon, and is anything lost?

Orders are filled all the time. The takeover ends when an account's stream counts as live again,
with nothing missed. Afterwards every trade of the exchange must stand in our ledger once, and the
positions must equal its balances.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from benchmarks.event_watch import EventWatch
from benchmarks.figures import Table, flat, in_figures, milliseconds
from benchmarks.filling import SteadyFills
from benchmarks.markets import market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import Seed, seed_orders
from benchmarks.system import LISTENERS, BenchSystem, bench_system
from engine.domain.fill import Fill
from engine.domain.stream import StreamHealth
from tests.process import ServiceProcess
from tests.trader import Trader
from tests.waiting import eventually

#: The slowest is a stream that only polls find silent.
TAKEOVER_TIMEOUT_S = 90.0
#: Fills before the trouble and after the takeover.
MARGIN_S = 1.0
SILENT_MS = 120_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    rounds: int = 1
    symbols: int = 10
    open_orders: int = 200  # When a trouble begins
    troubles: int = 6  # The first so many; the last two take half a minute each


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one trouble came to."""

    takeover_ms: float
    noticed_ms: list[float]
    lost: int
    doubled: int


class Listeners:
    """Two listener processes, and what can happen to the one that leads."""

    def __init__(self, system: BenchSystem) -> None:
        self._system = system
        self._running = {name: system.start_listener(name) for name in LISTENERS}
        self._paused: ServiceProcess | None = None

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self._leader().kill()

    def stop(self) -> None:
        """SIGTERM, as in an update."""
        self._leader().stop()

    def pause(self) -> None:
        """SIGSTOP, which no process notices, with messages in hand."""
        self._paused = self._leader()
        self._paused.send(SIGSTOP)

    def cut(self) -> None:
        """The exchange hangs up."""
        self._system.exchange.control.disconnect_streams()

    def silence(self) -> None:
        """The exchange answers pings and tells nothing more."""
        self._system.exchange.control.add_stream_fault("silence", delay_ms=SILENT_MS)

    def deaden(self) -> None:
        """The connection stays open, and nothing comes any more, no pong either."""
        self._system.exchange.control.add_stream_fault("dead")

    def recover(self) -> None:
        """Let both run again."""
        if self._paused is not None:
            self._paused.send(SIGCONT)
            self._paused = None
        self._system.exchange.control.clear_faults()
        for name, process in self._running.items():
            if not process.is_running:
                self._system.start_listener(name)

    def _leader(self) -> ServiceProcess:
        name = health_of(self._system.trader).leader.partition("@")[0]
        return self._running[name]


TROUBLES: dict[str, Callable[[Listeners], None]] = {
    "the leader is killed": Listeners.kill,
    "the leader is stopped in order": Listeners.stop,
    "the leader sleeps past its lease, then goes on": Listeners.pause,
    "the exchange hangs up": Listeners.cut,
    "the stream is dead: open, without a pong": Listeners.deaden,
    "the stream is silent: pongs, but no events": Listeners.silence,
}


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Let each trouble happen in each round."""
    symbols = market_names(sizes.symbols)
    chosen = dict(islice(TROUBLES.items(), sizes.troubles))
    found: dict[str, list[Outcome]] = {name: [] for name in chosen}
    with bench_system(folder, symbols=symbols, weight_per_minute=10**6) as system:
        system.start()
        seeds: deque[Seed] = deque()
        listeners = Listeners(system)
        with EventWatch(system.trader) as watch:
            for _ in range(sizes.rounds):
                for name, trouble in chosen.items():
                    missing = sizes.open_orders - len(seeds)
                    seeds.extend(seed_orders(system, system.trader, symbols, missing))
                    found[name].append(go_through(system, watch, listeners, trouble, seeds))
    return [_table(found, sizes)]


def go_through(
    system: BenchSystem,
    watch: EventWatch,
    listeners: Listeners,
    trouble: Callable[[Listeners], None],
    seeds: deque[Seed],
) -> Outcome:
    """Fill orders all the time, let the trouble happen, and see what becomes of it."""
    with SteadyFills(system, watch, seeds) as fills:
        time.sleep(MARGIN_S)
        began_s, began_ms = time.perf_counter(), time.time_ns() // 1_000_000
        trouble(listeners)
        eventually(
            lambda: is_taken_over(health_of(system.trader), began_ms),
            timeout_s=TAKEOVER_TIMEOUT_S,
        )
        takeover_ms = (time.perf_counter() - began_s) * 1000
        listeners.recover()
        time.sleep(MARGIN_S)
    noticed_ms = fills.noticed_ms()
    lost, doubled = compare_ledgers(system.trader)
    eventually(lambda: has_equal_positions(system.trader), timeout_s=TAKEOVER_TIMEOUT_S)
    return Outcome(takeover_ms=takeover_ms, noticed_ms=noticed_ms, lost=lost, doubled=doubled)


def health_of(trader: Trader) -> StreamHealth:
    return trader.context.store.load_stream()


def is_taken_over(health: StreamHealth, began_ms: int) -> bool:
    """Tell whether a connection that was begun after the trouble is live."""
    return health.is_live and health.live_since_ms > began_ms


def compare_ledgers(trader: Trader) -> tuple[int, int]:
    """Return how many of the exchange's trades our ledger lacks, and how many rows too many."""
    theirs = Counter(
        str(trade["trade_id"])
        for trade in trader.paper.control.trades()
        if trade["uid"] == trader.uid
    )
    store = trader.context.store
    ours = Counter(
        row.trade_id
        for symbol in store.load_cursors()
        for row in store.load_rows(symbol)
        if isinstance(row, Fill)
    )
    return (theirs - ours).total(), (ours - theirs).total()


def has_equal_positions(trader: Trader) -> bool:
    """Tell whether the positions hold what the exchange says the account holds."""
    positions = {p.base: p.net_quantity for p in trader.context.store.list_positions()}
    totals = trader.exchange_totals()
    held = {asset: total for asset, total in totals.items() if asset != "USDT"}
    return {base: net for base, net in positions.items() if net != Decimal(0)} == held


def _table(found: dict[str, list[Outcome]], sizes: Sizes) -> Table:
    return Table(
        title="A stream listener in trouble, a second one beside it",
        columns=("", "takeover", "fill → noticed p50 / largest", "fills", "lost", "doubled"),
        rows=tuple(_row(name, outcomes) for name, outcomes in found.items()),
        note=(
            f"Rounds: {sizes.rounds}, smallest and largest; {sizes.open_orders} open orders on"
            f" {sizes.symbols} symbols, of which one is filled every 0.4 s. Afterwards the ledgers"
            " were compared trade by trade, and every position equaled the exchange's balance."
        ),
    )


def _row(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    takeovers = [outcome.takeover_ms for outcome in outcomes]
    noticed = flat([outcome.noticed_ms for outcome in outcomes])
    return (
        name,
        " to ".join(milliseconds(one) for one in sorted({min(takeovers), max(takeovers)})),
        in_figures(noticed, 0.5, 1),
        str(len(noticed)),
        str(sum(outcome.lost for outcome in outcomes)),
        str(sum(outcome.doubled for outcome in outcomes)),
    )


PART = Part(
    name="takeover",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(rounds=1, symbols=4, troubles=3),
)

if __name__ == "__main__":
    run_part(PART)
