"""Breaks of the limits that a review found: each was a failure once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import Placed, Ticker
from engine.exchange.abilities import BINANCE_SPOT
from engine.exchange.clock import ExchangeClock
from engine.execution.placing.submission import claim_form
from engine.execution.placing.surroundings import Surroundings
from engine.order_request import OrderRequest
from engine.ports import Answer, Cost
from engine.store import keys
from engine.store.answers import RedisAnswers
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.codec import TICKER
from engine.system import SystemClock
from tasks.admission import BUSY
from tasks.bulkhead import Bulkhead
from tasks.monitoring import reconcile_account, watch_account
from tests.desk import Desk
from tests.integration.budget.manual_clock import ManualClock
from tests.integration.exchange.house import build_house
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from tests.redis_server import redis_server as a_redis_server
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus
MINUTE_MS = 60_000
#: The beginning of a minute.
START_MS = 1_800_000_000_000


def resting(desk: Desk, count: int = 4, **fields: Any) -> list[Order]:
    """Place orders that rest and wait until that is known."""
    wish = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")} | fields
    orders = [desk.place(**wish) for _ in range(count)]
    desk.deliver()
    return [desk.order(order.client_order_id) for order in orders]


def cancel(desk: Desk, orders: list[Order]) -> None:
    """Wish for the end of these orders and let the workers carry it out."""
    desk.orders.cancel_orders([order.client_order_id for order in orders], wait=False)
    desk.deliver()


def statuses(desk: Desk, orders: list[Order]) -> list[OrderStatus]:
    return [desk.order(order.client_order_id).status for order in orders]


def test_a_late_list_hides_no_order_from_a_cancel_of_everything(desk: Desk) -> None:
    """The exchange's list may lag: an order that we know to rest is spared all the same."""
    orders = resting(desk)
    desk.paper.control.add_fault(command="order.place", invisible_ms=60_000)
    (spared,) = resting(desk, 1)
    cancel(desk, orders)
    assert statuses(desk, [*orders, spared]) == [S.CANCELED] * 4 + [S.ACCEPTED]
    assert [one["status"] for one in desk.exchange_orders()][-1] == "NEW"


STOP = {
    "order_type": "stop_limit",
    "quantity": 1,
    "price": Decimal("110"),
    "trigger_price": Decimal("109"),
    "time_in_force": "ioc",
}


def test_a_stop_rests_whatever_it_does_once_triggered(desk: Desk) -> None:
    """An IOC stop that comes between look and cancel of everything waits like any other."""
    orders = resting(desk)
    desk.orders.cancel_orders([order.client_order_id for order in orders], wait=False)
    gateway = desk.context.gateway
    ask, late = gateway.load_open_orders, []

    def ask_then_place(*arguments: Any) -> Any:
        listed = ask(*arguments)
        late.append(desk.place(**STOP))
        desk.carry_out(("submit", ("desk", late[0].client_order_id)))
        return listed

    gateway.load_open_orders = ask_then_place  # type: ignore[method-assign]
    desk.carry_out(desk.messages.waiting.popleft())
    assert statuses(desk, [*orders, *late]) == [S.CANCELED] * 4 + [S.INITIALIZED]


def test_a_slow_answer_says_nothing_of_the_window_it_comes_back_in(desk: Desk) -> None:
    """Its request left in the minute before: a cancel need not wait for the one after."""
    clock, scope = ManualClock(START_MS), BudgetScope(venue="slow", egress="e", account="a")
    budget = RedisBudget(
        desk.engine.store.client, BINANCE_SPOT.windows, scope, clock, now_ms=clock.now_ms
    )
    budget.observe({"weight_1m": 0})
    budget.acquire(Cost(weight=1), Lane.POLL, nonce="slow")
    clock.at_ms = START_MS + MINUTE_MS + 5_000
    budget.observe({"weight_1m": 5_990}, took_ms=10_000)
    budget.acquire(Cost(weight=1), Lane.CANCEL, nonce="urgent")
    budget.observe({"weight_1m": 5_990}, took_ms=4_000)
    assert {line.window.name: line.used for line in budget.meter()}["weight_1m"] == 5_990


def test_the_meter_is_told_how_long_an_answer_took(paper: PaperExchange) -> None:
    """From before the request, whatever it waited for."""
    house = build_house(paper.base_url)
    paper.control.add_fault(path="/api/v3/time", delay_after_ms=100)
    house.gateway.measure_clock()
    assert house.budget.longest_ms >= 100
    house.gateway.close()


def test_an_answer_counts_though_the_meter_cannot_be_corrected(
    tmp_path: Path, paper: PaperExchange
) -> None:
    """The store goes away while an order is under way: the exchange's word is not lost."""
    with a_redis_server(tmp_path) as server:
        desk = Desk(tmp_path, server.url, paper).open()
        order = desk.place(quantity=1)
        gateway = desk.context.gateway
        gateway.prepare_submit(order, nonce="once")
        claimed = claim_form(order, "once", gateway.exchange_now_ms(), 5_000)
        server.kill()
        assert isinstance(gateway.submit(claimed), Placed)
        desk.close()


def test_a_look_at_a_busy_account_waits_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders that keep coming take every place that comes free: a tick must not miss them all."""
    bulkhead = Bulkhead(tmp_path, processes=2)
    monkeypatch.setattr("tasks.admission._bulkhead", bulkhead)
    place = bulkhead.enter("desk")
    assert place is not None
    ticks = (watch_account, reconcile_account)
    assert [tick.apply(args=["desk"]).result for tick in ticks] == [BUSY, BUSY]
    for tick in ticks:
        assert bulkhead.leave(place) == [(tick.name, ("desk",))]
        place = bulkhead.enter("desk") or place
    bulkhead.leave(place)


def test_a_price_does_not_grow_old_while_balances_are_asked(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """An exchange that takes its time over balances must not have risk look at an old price."""
    desk = Desk(tmp_path, redis_server.url, paper, price_max_age_ms=500, balance_max_age_ms=1)
    desk.engine.store.client.read("FLUSHALL")
    context = desk.open().context
    instrument = next(one for one in context.gateway.load_instruments() if one.symbol == "BTC/USDT")
    intent = OrderRequest(symbol="BTC/USDT", side="buy", quantity=1).to_intent("desk", instrument)
    surroundings, book = Surroundings(context), context.store.load_risk_book()
    paper.control.add_fault(path="/api/v3/account", delay_before_ms=800)
    seen = surroundings.look(intent, book)
    assert paper.control.fault_hits() == [1]
    assert seen.now_ms - seen.ticker.at_ms <= 500
    desk.close()


def test_a_dropped_answer_stays_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are kept for an hour: those of before do not come back when the drop is forgotten."""
    monkeypatch.setattr("engine.store.answers.DROP_MS", 50)
    store, price = desk.engine.store, Decimal(100)
    answers = RedisAnswers(store.client, "ticker", TICKER, kept_ms=3_600_000, clock=SystemClock())
    asked: list[str] = []

    def ask(name: str, drops: bool = False) -> Callable[[], Answer[Ticker]]:
        def answer() -> Answer[Ticker]:
            asked.append(name)
            if drops:
                answers.drop("X/Y")
            return Answer(value=Ticker(symbol="X/Y", bid=price, ask=price, last=price, at_ms=1))

        return answer

    def is_forgotten() -> bool:
        return not store.client.read("EXISTS", keys.answer_generation("ticker", "X/Y"))

    for name, drops in (("old", False), ("while dropped", True), ("new", False)):
        answers.obtain("X/Y", ask(name, drops), asker=name, max_age_ms=3_600_000)
        if name == "old":
            answers.drop("X/Y")
        eventually(is_forgotten)
    assert asked == ["old", "while dropped", "new"]


def test_who_does_not_know_the_exchange_time_harms_no_window(desk: Desk) -> None:
    """The store's clock is ahead: a fresh process must not count in the minute to come."""
    client, scope = desk.engine.store.client, BudgetScope(venue="ahead", egress="e", account="a")
    exchange, store = ManualClock(START_MS + 56_000), ManualClock(START_MS + 61_000)

    def build(exchange_now_ms: Callable[[], int]) -> RedisBudget:
        return RedisBudget(
            client,
            BINANCE_SPOT.windows,
            scope,
            store,
            exchange_now_ms=exchange_now_ms,
            now_ms=store.now_ms,
        )

    def used() -> int:
        return {line.window.name: line.used for line in knowing.meter()}["weight_1m"]

    knowing, fresh = build(exchange.now_ms), build(ExchangeClock(store, 1).now_ms)
    knowing.observe({"weight_1m": 5_400})
    fresh.acquire(Cost(weight=1), Lane.SUBMIT, nonce="time")
    fresh.observe({"weight_1m": 5_401}, took_ms=50)
    assert used() == 5_401
    for clock in (exchange, store):
        clock.wait(6_000)
    assert used() == 0
