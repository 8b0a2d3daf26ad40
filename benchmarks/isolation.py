"""What do others lose while one order, one account or one market is in trouble?

Each round measures a calm stretch and then one stretch for each trouble, and compares: fills of
ordinary orders until they are noticed, and placements on an ordinary account.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.event_watch import EventWatch
from benchmarks.figures import Table, flat, in_figures, ratio
from benchmarks.filling import fill_at_any_moment
from benchmarks.markets import RESTING_PRICE, exchange_name, market_names
from benchmarks.part import Part, run_part
from benchmarks.seeding import Seed, seed_orders
from benchmarks.system import LISTENERS, BenchSystem, bench_system
from engine.execution.ending.cancellation import request_cancel
from engine.order_request import OrderRequest

CALM, SLOW = "calm", "slow"
#: What follows a fill must not use the allowance up: the price of each holding is asked for.
FILLED_SYMBOLS = 2
SPACING_S = 1.0
#: How long the exchange takes for each answer to the account in trouble.
SLOW_MS = 10_000
NOT_FOUND = '{"code":-2013,"msg":"Order does not exist."}'


@dataclass(frozen=True, kw_only=True)
class Sizes:
    rounds: int = 3
    fills: int = 8  # Of each stretch
    placements: int = 3
    open_orders: int = 100  # Of each account, beside those that are filled
    symbols: int = 20
    listeners: int = 0  # 0: stream off, where a trouble can cost most


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What was measured in one go, in ms."""

    noticed: list[float]
    placed: list[float]


class Scene:
    """An ordinary account, one that can be slow, and two markets for what goes wrong."""

    def __init__(self, system: BenchSystem, sizes: Sizes) -> None:
        self.system = system
        self.sizes = sizes
        self.symbols = market_names(sizes.symbols)
        self.strange, self.halted = self.symbols[:2]
        self.ordinary = self.symbols[2:]
        for trader in system.traders.values():
            seed_orders(system, trader, self.ordinary, sizes.open_orders)

    def stretch(
        self, watch: EventWatch, trouble: Callable[[], AbstractContextManager[None]]
    ) -> Stretch:
        """Measure while the trouble lasts."""
        symbols = self.ordinary[:FILLED_SYMBOLS]
        seeds = seed_orders(self.system, self.system.trader, symbols, self.sizes.fills)
        with trouble():
            latencies = fill_at_any_moment(self.system, watch, seeds, spacing_s=SPACING_S)
            placed = [self._place() for _ in range(self.sizes.placements)]
        return Stretch(noticed=[one.booked for one in latencies], placed=placed)

    def _place(self) -> float:
        request = OrderRequest(
            symbol=self.ordinary[0],
            side="buy",
            order_type="limit",
            quantity=1,
            price=RESTING_PRICE,
            account=self.system.trader.account,
        )
        began_s = time.perf_counter()
        result = self.system.trader.orders.place_order(request)
        assert result.success, result.reason
        return (time.perf_counter() - began_s) * 1000

    # ---- troubles --------------------------------------------------------------------------------

    @contextmanager
    def calm(self) -> Iterator[None]:
        """Nothing is wrong."""
        yield

    @contextmanager
    def not_found(self) -> Iterator[None]:
        """One order left the list, and the exchange says that it does not exist."""
        control, symbol = self.system.exchange.control, exchange_name(self.strange)
        (seed,) = self._troubled(self.strange, 1)
        rule = {"command": "order.status", "symbol": symbol, "count": None, "effect": False}
        control.answer_status(400, NOT_FOUND, **rule)
        control.cancel(symbol, client_order_id=seed.client_order_id)
        yield
        control.clear_faults()

    @contextmanager
    def halted_market(self) -> Iterator[None]:
        """One market stands still; of two orders there, one is to be cancelled."""
        control, symbol = self.system.exchange.control, exchange_name(self.halted)
        seed, _ = self._troubled(self.halted, 2)
        control.set_symbol(symbol, status="HALT")
        request_cancel(self.system.trader.context, seed.client_order_id)
        yield
        control.set_symbol(symbol, status="TRADING")

    @contextmanager
    def slow_account(self) -> Iterator[None]:
        """Every answer to another account takes its time; it ends when the last one came."""
        control = self.system.exchange.control
        control.add_fault(key=SLOW, delay_before_ms=SLOW_MS, count=None)
        yield
        control.clear_faults()
        time.sleep(SLOW_MS / 1000)

    def _troubled(self, symbol: str, orders: int) -> list[Seed]:
        return seed_orders(self.system, self.system.trader, [symbol], orders)


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Compare each trouble with the calm stretch of its round."""
    with bench_system(
        folder, accounts=("paper", SLOW), symbols=market_names(sizes.symbols)
    ) as system:
        system.start()
        scene = Scene(system, sizes)
        for name in LISTENERS[: sizes.listeners]:
            system.start_listener(name)
        troubles = {
            CALM: scene.calm,
            "one order is never found": scene.not_found,
            "one market is halted": scene.halted_market,
            f"another account waits {SLOW_MS / 1000:.0f} s for each answer": scene.slow_account,
        }
        stretches: dict[str, list[Stretch]] = {name: [] for name in troubles}
        with EventWatch(system.trader) as watch:
            scene.stretch(watch, scene.calm)  # The first of everything is slower
            for _ in range(sizes.rounds):
                for name, trouble in troubles.items():
                    system.forget_usage()
                    stretches[name].append(scene.stretch(watch, trouble))
    return [_table(stretches, sizes)]


def _table(stretches: dict[str, list[Stretch]], sizes: Sizes) -> Table:
    return Table(
        title=f"What one trouble costs the others, stream {'on' if sizes.listeners else 'off'}",
        columns=(
            "",
            "fill → noticed p50 / p95",
            "beside calm, p50",
            "placing p50 / largest",
            "beside calm, p50",
        ),
        rows=tuple(_row(name, found, stretches[CALM]) for name, found in stretches.items()),
        note=(
            f"{sizes.rounds} rounds of {sizes.fills} fills and {sizes.placements} placements;"
            f" two accounts with {sizes.open_orders} open orders each on {sizes.symbols} symbols."
            " Ratios round by round: median (smallest to largest)."
        ),
    )


def _row(name: str, found: Sequence[Stretch], calm: Sequence[Stretch]) -> tuple[str, ...]:
    noticed, placed = ([one.noticed for one in found], [one.placed for one in found])
    return (
        name,
        in_figures(flat(noticed), 0.5, 0.95),
        ratio(noticed, [one.noticed for one in calm], 0.5),
        in_figures(flat(placed), 0.5, 1),
        ratio(placed, [one.placed for one in calm], 0.5),
    )


PART = Part(
    name="isolation",
    measure=measure,
    sizes=Sizes(),
    quick=Sizes(rounds=1, fills=2, placements=1, open_orders=4, symbols=4),
)

if __name__ == "__main__":
    run_part(PART)
