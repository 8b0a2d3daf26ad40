"""How long is an order in doubt whose answer was lost, or that never arrived?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.request import urlopen

from benchmarks.figures import Table, in_figures
from benchmarks.part import Part, run_part
from benchmarks.system import BenchSystem, bench_system
from engine.domain.events import Event
from engine.domain.lanes import Lane
from engine.domain.order import Order
from tests.trader import Trader
from tests.waiting import eventually

#: Below the market: it rests.
RESTING: dict[str, Any] = {"order_type": "limit", "quantity": "0.1", "price": "50"}
#: Short margins, so that an order that never arrived ends within seconds.
TIMINGS = {
    "http_timeout_ms": 2_000,
    "recv_window_ms": 1_000,
    "engine_tail_ms": 1_000,
    "clock_margin_ms": 500,
    "not_placed_margin_ms": 500,
}
#: What they add up to, after the signature.
MARGINS_MS = sum(TIMINGS.values()) - TIMINGS["http_timeout_ms"]
#: Not before the exchange has answered.
HANGING: dict[str, Any] = {"command": "order.place", "answer": "hang"}
IN_DOUBT = "in doubt: "
TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Sizes:
    orders: int = 20  # Of each kind


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    """Lose answers, then requests; no stream helps."""
    with bench_system(folder, execution=TIMINGS) as system:
        # A market's past is made up at the first question, and takes longer than the time-out
        urlopen(f"{system.exchange.base_url}/api/v3/ticker/24hr?symbol=C00USDT", timeout=60).close()
        system.start()
        queries = [query_ms(system) for _ in range(sizes.orders)]
        found = [doubt_ms(order, events) for order, events in lose(system, sizes, effect=True)]
        ended = [late_ms(order, events) for order, events in lose(system, sizes, effect=False)]
    note = (
        f"{sizes.orders} orders of each kind, one after the other, without a stream. A request"
        f" times out after {TIMINGS['http_timeout_ms']} ms; window, tail and margins are"
        f" {MARGINS_MS} ms together, after which an absence counts."
    )
    rows = (
        ("one query, for comparison", in_figures(queries, 0.5, 1)),
        ("time-out after accept: time-out → found", in_figures(found, 0.5, 1)),
        ("never arrived: end of the margins → NOT_PLACED", in_figures(ended, 0.5, 1)),
    )
    return [Table(title="An order in doubt", columns=("", "p50 / largest"), rows=rows, note=note)]


def query_ms(system: BenchSystem) -> float:
    """Return how long one question for an order takes that is not there."""
    gateway, name = system.trader.context.gateway, "auga1" + "2" * 24
    gateway.find_order("C00/USDT", client_order_id=name, lane=Lane.RESOLVE)  # Connected, measured
    began_s = monotonic()
    gateway.find_order("C00/USDT", client_order_id=name, lane=Lane.RESOLVE)
    return (monotonic() - began_s) * 1000


def lose(
    system: BenchSystem, sizes: Sizes, *, effect: bool
) -> Iterator[tuple[Order, tuple[Event, ...]]]:
    """Let requests to place hang; yield each order as it ends, with its timeline."""
    trader = system.trader
    for _ in range(sizes.orders):
        system.exchange.control.add_fault(**HANGING, effect=effect)
        name = trader.place("C00/USDT", **RESTING).client_order_id
        eventually(lambda name=name: is_over(trader, name), timeout_s=TIMEOUT_S)
        yield trader.order(name), trader.context.store.load_timeline(name)
        system.forget_usage()


def is_over(trader: Trader, name: str) -> bool:
    """Tell whether the request has timed out and the order is found, or known to be nowhere."""
    order, events = trader.order(name), trader.context.store.load_timeline(name)
    is_known = order.exchange_order_id is not None or order.is_closed
    return is_known and any(IN_DOUBT in event.message for event in events)


def doubt_ms(order: Order, events: tuple[Event, ...]) -> float:
    """Return the time from the end of the request until the order was adopted.

    A sweep may find it while the request still hangs: nothing then.
    """
    began_ms = next(event.at_ms for event in events if IN_DOUBT in event.message)
    ended_ms = next(event.at_ms for event in events if event.details.get("after") == "accepted")
    return float(max(ended_ms - began_ms, 0))


def late_ms(order: Order, events: tuple[Event, ...]) -> float:
    """Return how much later than the settings allow it was called not placed."""
    assert order.reason is not None
    assert order.reason.code == "NOT_PLACED"
    ended_ms = next(event.at_ms for event in events if event.details.get("after") == "rejected")
    return float(ended_ms - (order.signed_at_ms or 0) - MARGINS_MS)


PART = Part(name="doubt", measure=measure, sizes=Sizes(), quick=Sizes(orders=2))

if __name__ == "__main__":
    run_part(PART)
