"""Many processes that want at the same moment never pass a limit together."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap import build_engine
from engine.config import load_settings
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import ConcurrentChange
from engine.execution.placing import submission
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.fork_server import OwnForkServer
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


@pytest.fixture(scope="module")
def forks() -> OwnForkServer:
    return OwnForkServer([__name__])


def want(
    config_path: str, seed: int, count: int, price: str, at_once: Barrier, told: Connection
) -> None:
    """Ask for `count` orders, one after the other, as a process of its own; tell the codes."""
    chance = random.Random(seed)
    engine = build_engine(load_settings(config_path, environ={}))
    orders = OrderManager(engine=engine)
    engine.account().gateway.load_instruments()  # Connected before the start
    at_once.wait(PATIENCE_S)
    told.send([_want_one(orders, chance, price) for _ in range(count)])
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


def crowd(desk: Desk, forks: OwnForkServer, processes: int, each: int, price: str) -> Counter[str]:
    """Let processes want at once while orders are sent and no fill is folded; count the codes."""
    at_once = multiprocessing.get_context("forkserver").Barrier(processes + 1)
    crew, wires = [], []
    for seed in range(processes):
        wire, far_end = multiprocessing.Pipe(duplex=False)
        wanted = (str(desk.config_path), seed, each, price, at_once, far_end)
        crew.append(forks.process(want, wanted))
        wires.append(wire)
        crew[-1].start()
        far_end.close()  # So that a death is told
    at_once.wait(PATIENCE_S)
    while any(one.is_alive() for one in crew):
        send_waiting(desk)
    codes = Counter(code for wire in wires for code in wire.recv())
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
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange, forks: OwnForkServer
) -> None:
    """Neither between fill and fold, nor between check and record."""
    with limited(tmp_path, redis_server, paper, EXPOSURE) as desk:
        check_exposure(desk, crowd(desk, forks, processes=4, each=12, price=str(BID)))


def test_processes_together_pass_no_pace_and_open_no_second_position(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange, forks: OwnForkServer
) -> None:
    """Orders that rest hold their place."""
    with limited(tmp_path, redis_server, paper, PACE) as desk:
        crowd(desk, forks, processes=3, each=15, price="60")
        check_pace(desk)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixteen_processes_of_a_hundred_wishes_pass_no_limit(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange, forks: OwnForkServer
) -> None:
    """Each limit against sixteen hundred wishes."""
    with limited(tmp_path, redis_server, paper, EXPOSURE) as desk:
        codes = crowd(desk, forks, processes=16, each=100, price=str(BID))
        assert codes.total() == 1600
        check_exposure(desk, codes)
    with limited(tmp_path, redis_server, paper, PACE) as desk:
        crowd(desk, forks, processes=16, each=100, price="60")
        check_pace(desk)
