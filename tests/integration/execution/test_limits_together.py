"""Many processes that want at the same moment never pass a limit together."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap import build_engine
from engine.config import load_settings
from engine.domain.order import Order, OrderStatus
from engine.errors import ConcurrentChange
from engine.execution.placing import submission
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

SYMBOLS = ("BTC/USDT", "ETH/USDT")
#: What a coin costs at least while these tests run, and what their orders bid for it.
LOWEST, BID = Decimal(100), Decimal(101)
EXPOSURE = {"max_symbol_exposure": 600, "max_gross_exposure": 1000}
PACE = {"max_orders_per_minute": 12, "max_positions": 1}
MINUTE_MS = 60_000
PATIENCE_S = 300


@contextmanager
def limited(
    folder: Path, server: RedisServer, paper: PaperExchange, limits: dict[str, Any]
) -> Iterator[Desk]:
    """Yield an opened account with these limits beside the desk's own."""
    desk = Desk(folder, server.url, paper)
    settings = json.loads(desk.config_path.read_text())
    settings["risk_management"] |= limits
    desk.config_path.write_text(json.dumps(settings))
    desk.restart_engine()
    desk.engine.store.client.read("FLUSHALL")
    desk.open()
    desk.clock.ahead_ms = 0  # The others have no such clock: their orders would be stale here
    yield desk
    desk.close()


_at_once: Barrier


def _line_up(barrier: Barrier) -> None:
    global _at_once
    _at_once = barrier


def want(config_path: str, seed: int, count: int, price: str) -> list[str]:
    """Ask for `count` orders, one after the other, as a process of its own; return the codes."""
    chance = random.Random(seed)
    engine = build_engine(load_settings(config_path, environ={}))
    try:
        orders = OrderManager(engine=engine)
        engine.account().gateway.load_instruments()  # Connected before the start
        _at_once.wait(PATIENCE_S)
        return [_want_one(orders, chance, price) for _ in range(count)]
    finally:
        engine.close()


def _want_one(orders: OrderManager, chance: random.Random, price: str) -> str:
    request = OrderRequest(
        symbol=chance.choice(SYMBOLS),
        side="buy",
        order_type="limit",
        quantity=Decimal(chance.randint(10, 99)) / 100,
        price=Decimal(price),
    )
    try:
        result = orders.place_order(request, wait=False)
    except ConcurrentChange:
        return "too busy"
    return result.reason.partition(":")[0] if result.reason else "recorded"


def crowd(desk: Desk, processes: int, each: int, price: str) -> Counter[str]:
    """Let processes want at once while orders are sent and no fill is folded; count the codes."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(processes)
    with ProcessPoolExecutor(processes, spawn, _line_up, (barrier,)) as pool:
        path = str(desk.config_path)
        crew = [pool.submit(want, path, seed, each, price) for seed in range(processes)]
        while not all(one.done() for one in crew):
            send_waiting(desk)
        codes = Counter(code for one in crew for code in one.result())
    send_waiting(desk)
    return codes


def send_waiting(desk: Desk) -> None:
    """Send every recorded order; its trades stay unfolded rows."""
    for order in desk.context.store.list_orders(OrderFilter.ACTIVE):
        if order.status is OrderStatus.INITIALIZED:
            submission.submit_order(desk.context, order.client_order_id)
    desk.messages.take()


def taken(desk: Desk) -> list[Order]:
    """Return the orders that were let through."""
    orders = desk.context.store.list_orders(OrderFilter.RECENT)
    return [order for order in orders if order.status is not OrderStatus.DENIED]


def check_exposure(desk: Desk, codes: Counter[str]) -> None:
    """No symbol and not all together came to more than allowed, by the exchange's own record."""
    worth = {
        symbol: sum(
            (
                Decimal(one["quantity"]) * LOWEST
                for one in desk.exchange_orders()
                if one["symbol"] == symbol.replace("/", "")
            ),
            Decimal(0),
        )
        for symbol in SYMBOLS
    }
    assert all(value <= EXPOSURE["max_symbol_exposure"] for value in worth.values())
    # Room for the smallest order is left at most, at the price that the last one was counted with
    assert EXPOSURE["max_gross_exposure"] - 30 <= sum(worth.values()) <= 1000
    assert codes["SYMBOL_EXPOSURE"] + codes["GROSS_EXPOSURE"] > 0
    assert desk.context.store.list_positions() == ()  # Nothing was folded meanwhile


def check_pace(desk: Desk) -> None:
    """In no minute of the store more orders than allowed, and all in one symbol."""
    orders = taken(desk)
    assert len({order.terms.symbol for order in orders}) == 1
    times = sorted(recorded_at_ms(desk, order) for order in orders)
    limit = PACE["max_orders_per_minute"]
    assert len(times) >= limit
    later = times[limit:]
    assert all(last - first >= MINUTE_MS for first, last in zip(times, later, strict=False))


def recorded_at_ms(desk: Desk, order: Order) -> int:
    """Return when the store recorded it: an event's id begins with that."""
    event = desk.context.store.load_timeline(order.client_order_id)[0]
    return int(event.event_id.partition("-")[0])


def test_processes_together_pass_no_exposure(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """Neither between fill and fold, nor between check and record."""
    with limited(tmp_path, redis_server, paper, EXPOSURE) as desk:
        check_exposure(desk, crowd(desk, processes=4, each=12, price=str(BID)))


def test_processes_together_pass_no_pace_and_open_no_second_position(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """Orders that rest hold their place."""
    with limited(tmp_path, redis_server, paper, PACE) as desk:
        crowd(desk, processes=3, each=15, price="60")
        check_pace(desk)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixteen_processes_of_a_hundred_wishes_pass_no_limit(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """Each limit against sixteen hundred wishes."""
    with limited(tmp_path, redis_server, paper, EXPOSURE) as desk:
        codes = crowd(desk, processes=16, each=100, price=str(BID))
        assert codes.total() == 1600
        check_exposure(desk, codes)
    with limited(tmp_path, redis_server, paper, PACE) as desk:
        crowd(desk, processes=16, each=100, price="60")
        check_pace(desk)
