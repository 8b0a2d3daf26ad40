"""Workers whose clocks are three minutes ahead of the store's or behind: looks come in time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.bootstrap import Engine
from engine.config import load_settings
from engine.execution.context import AccountContext
from engine.execution.looks import sweep
from engine.execution.placing.submission import submit_order
from engine.execution.schedule import RESEND_HINT_MS, by_tick_ms
from engine.store.keys import AccountKeys
from engine.store.plans import NEVER
from engine.store.store import RedisStore
from engine.system import SystemClock
from tests.desk import Desk, MovableClock
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

APART_MS = 180_000
STEPS = 3


class StillClock(MovableClock):
    """A clock that only the test moves, so that plans can be compared to the millisecond."""

    def __init__(self) -> None:
        self._began_ms = super().now_ms()

    def now_ms(self) -> int:
        return self._began_ms + self.ahead_ms


class ApartClock(SystemClock):
    """A clock that shows another time than the store's, always by the same."""

    def __init__(self, right: StillClock, apart_ms: int) -> None:
        self._right, self._apart_ms = right, apart_ms

    def now_ms(self) -> int:
        return self._right.now_ms() + self._apart_ms


@pytest.fixture(scope="module")
def market() -> Iterator[PaperExchange]:
    with PaperExchange(symbols="BTC/USDT=100") as paper:
        yield paper


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, market: PaperExchange) -> Iterator[Desk]:
    # Valid by any of the clocks: this is not about orders that come late
    desk = Desk(tmp_path, redis_server.url, market, owns_time=True, order_valid_ms=600_000)
    desk.engine.store.client.read("FLUSHALL")
    desk.clock = StillClock()
    desk.restart_engine()
    desk.open()
    yield desk
    desk.close()


def hire(desk: Desk, apart_ms: int) -> AccountContext:
    """Return what a worker works with whose clock is apart from the store's."""
    settings = load_settings(str(desk.config_path), environ={})
    assert isinstance(desk.clock, StillClock)
    store = RedisStore(settings.state_address(), now_ms=desk.clock.now_ms)
    engine = Engine(settings, store, desk.messages, clock=ApartClock(desk.clock, apart_ms))
    return engine.account(desk.account)


def planned(desk: Desk, name: str) -> list[int]:
    """Return in how many ms by the store's clock the order, and a look, is due."""
    key = AccountKeys(desk.context.identity.slug).due()
    times = desk.engine.store.client.read("ZMSCORE", key, name, "look")
    return [NEVER if at_ms is None else int(float(at_ms)) - desk.clock.now_ms() for at_ms in times]


def place(desk: Desk) -> str:
    """Place an order that rests; nobody is told to send it."""
    placed = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.messages.waiting.clear()
    return placed.client_order_id


def look(desk: Desk, worker: AccountContext) -> None:
    """Have the worker look as soon as a look is due, which must be no later than it should."""
    desk.clock.pass_time(worker.timings.order_check_ms)
    assert sweep.is_sweep_due(desk.engine.store, desk.account)
    sweep.watch_account(worker)
    assert not sweep.is_sweep_due(desk.engine.store, desk.account)


@pytest.mark.parametrize("apart_ms", [0, APART_MS, -APART_MS])
def test_a_clock_that_is_apart_plans_as_one_that_is_right(desk: Desk, apart_ms: int) -> None:
    """To the millisecond: the first look at what was recorded, what was sent, and all later."""
    worker = hire(desk, apart_ms)
    timings = worker.timings
    name = place(desk)
    assert planned(desk, name) == [RESEND_HINT_MS, NEVER]

    submit_order(worker, name)
    assert planned(desk, name) == [timings.order_check_ms, NEVER]

    for _ in range(STEPS):
        look(desk, worker)
        next_look_ms = by_tick_ms(timings.order_check_ms, timings)
        assert planned(desk, name)[1] == next_look_ms


def test_workers_whose_clocks_differ_take_turns_in_time(desk: Desk) -> None:
    """What one remembers of its look, such as the share it used, holds another up no longer."""
    workers = [hire(desk, APART_MS), hire(desk, -APART_MS)] * STEPS
    name = place(desk)
    submit_order(workers[0], name)

    for worker in workers:
        look(desk, worker)
        next_look_ms = by_tick_ms(worker.timings.order_check_ms, worker.timings)
        assert planned(desk, name)[1] == next_look_ms


@pytest.mark.parametrize("apart_ms", [APART_MS, -APART_MS])
def test_a_fill_is_seen_in_time_by_a_clock_that_is_apart(desk: Desk, apart_ms: int) -> None:
    """The end that matters: what happens at the exchange is booked at the next look."""
    worker = hire(desk, apart_ms)
    name = place(desk)
    submit_order(worker, name)
    desk.paper.control.fill("BTCUSDT", client_order_id=name, quantity="0.5")

    look(desk, worker)

    assert desk.order(name).filled_quantity == Decimal("0.5")
