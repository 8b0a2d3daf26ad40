"""Watching many open orders: what it costs, what it notices, and whom it does not disturb."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.domain.fill import Fill
from engine.domain.identity import client_order_id
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.execution.booking.ownership import take_report
from engine.execution.ending.cancellation import request_cancel
from engine.execution.looks import sweep
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

S = OrderStatus
SYMBOLS = [f"C{number}/USDT" for number in range(50)]
TICK_MS = 1_000
NOT_FOUND = '{"code":-2013,"msg":"Order does not exist."}'


@pytest.fixture(scope="module")
def market() -> Iterator[PaperExchange]:
    with many_markets() as paper:
        yield paper


@contextmanager
def many_markets() -> Iterator[PaperExchange]:
    """Run an exchange with every symbol at 100."""
    markets = [f"{symbol}=100" for symbol in SYMBOLS]
    with PaperExchange(symbols=",".join(["BTC/USDT", *markets])) as paper:
        yield paper


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, market: PaperExchange) -> Iterator[Desk]:
    with rebuilt_desk(tmp_path, redis_server, market) as working:
        yield working


@contextmanager
def rebuilt_desk(folder: Path, server: RedisServer, market: PaperExchange) -> Iterator[Desk]:
    """Open a rebuilt account without a stream, whose time the test passes."""
    market.control.clear_faults()
    market.control.set_clock(0)
    market.control.set_limits(forget=True)
    working = Desk(folder, server.url, market, owns_time=True)
    working.engine.store.client.read("FLUSHALL")
    assert reconcile.reconcile(working.context) is not None
    yield working
    working.close()


def seed(desk: Desk, orders: int, symbols: int) -> list[str]:
    """Put resting orders on the exchange and take them in, as after a loss of the store."""
    names = []
    for number in range(orders):
        name = client_order_id(desk.context.identity, desk.context.tag, f"key-{number}")
        words = {
            "symbol": SYMBOLS[number % symbols].replace("/", ""),
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "50",
            "newClientOrderId": name,
        }
        desk.paper.control.place(words, key=desk.key)
        names.append(name)
    for report in desk.context.gateway.load_open_orders(None, Lane.RESOLVE):
        take_report(desk.context, report)
    return names


def pass_ticks(desk: Desk, ticks: int) -> None:
    """Let beat tick so often, and a worker do what it asks for."""
    for _ in range(ticks):
        desk.clock.pass_time(TICK_MS)
        if sweep.is_sweep_due(desk.engine.store, desk.account):
            sweep.watch_account(desk.context)


def cost_of(desk: Desk, ticks: int) -> tuple[int, dict[str, int]]:
    """Return weight and requests of so many ticks."""
    desk.paper.control.clear_stats()
    pass_ticks(desk, ticks)
    stats = desk.paper.control.stats()
    return stats["weight"], stats["requests"]


def fill(desk: Desk, name: str, quantity: str | None = None) -> None:
    symbol = desk.order(name).terms.symbol.replace("/", "")
    desk.paper.control.fill(symbol, client_order_id=name, quantity=quantity)


def alarms(desk: Desk) -> list[str]:
    return [event.message for event in desk.context.store.read_events("0") if event.kind == "alarm"]


def measure(
    tmp_path: Path, server: RedisServer, market: PaperExchange, orders: int, symbols: int
) -> tuple[int, dict[str, int]]:
    """Return the cost of twenty ticks on a new account."""
    market.control.set_limits(forget=True)
    desk = Desk(tmp_path, server.url, market, owns_time=True)
    desk.engine.store.client.read("FLUSHALL")
    assert reconcile.reconcile(desk.context) is not None
    seed(desk, orders, symbols)
    pass_ticks(desk, 3)  # The first looks at all
    cost = cost_of(desk, 20)
    desk.close()
    return cost


@pytest.mark.parametrize(
    ("few", "many", "symbols"),
    [(2, 100, 2), (20, 150, 20), pytest.param(50, 1_000, 50, marks=pytest.mark.slow)],
)
def test_the_cost_does_not_grow_with_the_orders(
    tmp_path: Path,
    redis_server: RedisServer,
    market: PaperExchange,
    few: int,
    many: int,
    symbols: int,
) -> None:
    """Requests and weight are the same for few and many open orders on the same symbols."""
    market.control.clear_faults()
    cost = measure(tmp_path, redis_server, market, few, symbols)

    assert measure(tmp_path, redis_server, market, many, symbols) == cost
    weight, requests = cost
    assert weight * 3 <= 1_800 + 3 * 100  # Half of the polling lane's part, and a list begun early
    assert sum(requests.values()) <= 2 * 20 + 3


def test_a_fill_is_noticed_by_the_next_tick(desk: Desk) -> None:
    """Balances show that something happened, and in which symbol: the rest is not asked for."""
    names = seed(desk, 15, 5)
    pass_ticks(desk, 3)
    fill(desk, names[7])
    fill(desk, names[8], "0.25")

    weight, requests = cost_of(desk, 1)

    assert desk.order(names[7]).status is S.FILLED
    assert desk.order(names[7]).is_settled
    assert desk.order(names[8]).filled_quantity == Decimal("0.25")
    assert requests == {
        "GET /api/v3/account": 1,
        "GET /api/v3/openOrders": 2,
        "GET /api/v3/order": 1,
        "GET /api/v3/myTrades": 2,
    }
    assert weight == 20 + 2 * 6 + 4 + 2 * 5
    assert_equal_to_exchange(desk)


def test_ends_that_move_only_the_quote_asset_are_noticed(desk: Desk) -> None:
    """A cancel by another tool frees USDT, which is held for any of the symbols."""
    names = seed(desk, 30, 30)
    pass_ticks(desk, 3)
    desk.paper.control.cancel("C3USDT", client_order_id=names[3])

    pass_ticks(desk, 1)

    assert desk.order(names[3]).status is S.CANCELED


def test_balances_ahead_of_the_list_are_not_forgotten(desk: Desk) -> None:
    """What moved without a trace in the list is listed again."""
    names = seed(desk, 30, 30)
    pass_ticks(desk, 3)
    (order,) = [o for o in desk.exchange_orders() if names[5] in o["client_order_ids"]]
    fill(desk, names[5])
    stale = [still_open(order)]
    desk.paper.control.answer_status(
        200, json.dumps(stale), command="openOrders.status", symbol="C5USDT"
    )
    pass_ticks(desk, 1)
    assert desk.order(names[5]).status is S.ACCEPTED

    pass_ticks(desk, 1)

    assert desk.order(names[5]).status is S.FILLED


def still_open(order: dict[str, Any]) -> dict[str, object]:
    """Return the row of a list that is behind the balances."""
    return {
        "symbol": order["symbol"],
        "orderId": order["order_id"],
        "clientOrderId": order["client_order_ids"][0],
        "price": "50",
        "origQty": "1",
        "executedQty": "0",
        "status": "NEW",
        "type": "LIMIT",
        "side": "BUY",
        "time": order["created_at_ms"],
        "updateTime": order["created_at_ms"],
    }


def test_an_unchanged_order_is_neither_loaded_nor_written(desk: Desk) -> None:
    """A look that shows nothing new leaves every record as it is."""
    names = seed(desk, 40, 20)
    pass_ticks(desk, 3)
    before = {name: desk.context.store.load_order(name).version for name in names}
    loads: list[str] = []
    desk.context.store.load_order = loads.append  # type: ignore[method-assign]

    pass_ticks(desk, 10)

    del desk.context.store.load_order
    assert loads == []
    assert {name: desk.context.store.load_order(name).version for name in names} == before


def test_an_order_that_is_never_found_costs_the_others_nothing(desk: Desk) -> None:
    """It is asked for ever more rarely; others are noticed as before; a person is told at last."""
    names = seed(desk, 6, 2)
    pass_ticks(desk, 2)
    desk.paper.control.cancel("C1USDT", client_order_id=names[1])
    desk.paper.control.answer_status(400, NOT_FOUND, command="order.status", count=None)

    _, requests = cost_of(desk, 32)

    assert requests["GET /api/v3/order"] <= 5
    assert desk.order(names[1]).status is S.ACCEPTED
    fill(desk, names[2], "0.5")
    pass_ticks(desk, 1)
    assert desk.order(names[2]).filled_quantity == Decimal("0.5")
    desk.paper.control.clear_faults()
    desk.clock.pass_time(60_000)
    pass_ticks(desk, 1)
    assert desk.order(names[1]).status is S.CANCELED
    assert desk.context.store.load_look(desk.clock.now_ms()).value.left == {}


def test_a_symbol_that_is_refused_keeps_no_other_from_being_looked_at(desk: Desk) -> None:
    """Its questions become rare; when it is listed again, what happened is found."""
    names = seed(desk, 3, 3)
    pass_ticks(desk, 2)
    body = '{"code":-1121,"msg":"Invalid symbol."}'
    desk.paper.control.answer_status(
        400, body, command="openOrders.status", symbol="C0USDT", count=None
    )
    for name in names:
        fill(desk, name, "0.5")

    _, requests = cost_of(desk, 16)

    assert [desk.order(name).filled_quantity for name in names[1:]] == [Decimal("0.5")] * 2
    assert requests["GET /api/v3/openOrders"] <= 2 * 16 + 5
    desk.paper.control.clear_faults()
    desk.clock.pass_time(60_000)
    pass_ticks(desk, 1)
    assert desk.order(names[0]).filled_quantity == Decimal("0.5")
    assert_equal_to_exchange(desk)


def test_a_live_stream_makes_looks_rare_until_it_is_doubted(desk: Desk) -> None:
    """News that it should have told ends the trust in it at once."""
    names = seed(desk, 2, 1)
    store = desk.context.store
    term = store.lead_stream("a-listener", 600_000)
    assert term is not None
    figures = {"answered_doubts": 0, "heard_at_ms": 0, "messages": 0, "reconnects": 0}
    since_ms = desk.clock.now_ms()
    assert store.report_stream(term, is_live=True, live_since_ms=since_ms, **figures)
    pass_ticks(desk, 2)

    _, requests = cost_of(desk, 25)
    assert sum(requests.values()) == 0
    fill(desk, names[0])
    desk.clock.pass_time(10_000)
    desk.paper.control.set_clock(10_000)
    desk.context.gateway.measure_clock()
    sweep.watch_account(desk.context)

    assert desk.order(names[0]).status is S.FILLED
    health = store.load_stream()
    assert (health.is_live, health.doubts) == (False, 1)
    _, requests = cost_of(desk, 5)
    assert requests["GET /api/v3/openOrders"] >= 4


def test_trades_of_others_are_found_between_reconciles(desk: Desk) -> None:
    """While no stream tells: by the totals of the account, without a page for each symbol."""
    seed(desk, 40, 20)
    pass_ticks(desk, 3)
    words = {"symbol": "C4USDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    desk.paper.control.place(words, key=desk.key)

    desk.clock.pass_time(desk.context.timings.foreign_check_ms)

    _, requests = cost_of(desk, 3)

    (row,) = desk.context.store.load_rows("C4/USDT")
    assert isinstance(row, Fill)
    assert row.client_order_id is None
    assert requests["GET /api/v3/myTrades"] == 1


def test_a_wished_cancel_is_asked_for_again(desk: Desk) -> None:
    """Its message may be lost; the wish is not, and no look is needed for it."""
    names = seed(desk, 2, 1)
    request_cancel(desk.context, names[0])
    desk.messages.waiting.clear()

    pass_ticks(desk, 3)

    assert ("cancel", (desk.account, names[0])) in desk.messages.waiting
    desk.deliver()
    assert desk.order(names[0]).status is S.CANCELED
    assert desk.order(names[1]).status is S.ACCEPTED


def test_many_missing_trades_of_a_symbol_are_one_page(desk: Desk) -> None:
    """From five orders on the symbol's page weighs less than the orders one by one."""
    names = seed(desk, 8, 1)
    pass_ticks(desk, 2)
    for name in names:
        fill(desk, name, "0.5")

    _, requests = cost_of(desk, 1)

    assert requests["GET /api/v3/myTrades"] == 1
    assert {desk.order(name).filled_quantity for name in names} == {Decimal("0.5")}
    assert_equal_to_exchange(desk)


def test_two_workers_at_once_change_nothing(desk: Desk) -> None:
    """Without the sweep's lease: sequences and versions alone keep what is true."""
    names = seed(desk, 30, 6)
    others = [desk.build_engine() for _ in range(3)]
    for round_number in range(5):
        for name in names[round_number * 5 : round_number * 5 + 4]:
            fill(desk, name, "0.5" if round_number % 2 else None)
        desk.clock.pass_time(TICK_MS)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda engine: sweep.watch_due_orders(engine.account("desk")), others))
    pass_ticks(desk, 3)
    open_orders = desk.context.store.list_orders(OrderFilter.OPEN)
    assert {order.client_order_id for order in open_orders} == {
        order["client_order_ids"][0]
        for order in desk.exchange_orders()
        if order["status"] in {"NEW", "PARTIALLY_FILLED"}
    }
    assert_equal_to_exchange(desk)
    for other in others:
        other.close()


def test_an_account_without_work_is_left_alone(desk: Desk) -> None:
    """Nothing open, nothing due: no message, no request, and the watch ends with the last order."""
    assert not sweep.is_sweep_due(desk.engine.store, desk.account)
    (name,) = seed(desk, 1, 1)
    pass_ticks(desk, 2)
    fill(desk, name)
    pass_ticks(desk, 2)
    assert desk.order(name).is_settled

    _, requests = cost_of(desk, 60)

    assert sum(requests.values()) == 0
    assert not sweep.is_sweep_due(desk.engine.store, desk.account)


def test_an_order_in_a_market_that_is_listed_no_more_is_watched(desk: Desk) -> None:
    """It is told of, it keeps its name, and it keeps no other from being looked at."""
    names = seed(desk, 28, 14)
    listed = [item for item in desk.context.gateway.load_instruments() if item.base != "C2"]
    desk.context.gateway.load_instruments = lambda lane=Lane.POLL: tuple(listed)
    pass_ticks(desk, 3)
    fill(desk, names[2])
    fill(desk, names[3])

    pass_ticks(desk, 10)

    assert [desk.order(name).status for name in names[2:5]] == [S.FILLED, S.FILLED, S.ACCEPTED]
    assert [told for told in alarms(desk) if "not listed" in told] == [
        "C2/USDT has open orders and is not listed by the exchange any more"
    ]
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.orders.total == 26


def test_a_worker_that_dies_in_a_look_is_replaced(desk: Desk) -> None:
    """What it had claimed is due again when its lease ends; nothing is forgotten."""
    names = seed(desk, 6, 2)
    pass_ticks(desk, 2)
    fill(desk, names[0])
    desk.clock.pass_time(TICK_MS)
    lease_ms = desk.context.timings.due_lease_ms
    assert desk.context.store.claim_due(lease_ms, sweep.MOST_DUE)  # And nothing after it

    pass_ticks(desk, 2)
    assert desk.order(names[0]).status is S.ACCEPTED
    desk.clock.pass_time(lease_ms)
    pass_ticks(desk, 1)

    assert desk.order(names[0]).status is S.FILLED
