"""Several processes on one account: one asks the exchange, and nobody spends money twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration
S = OrderStatus

#: More than half of what the account holds: two of them are more than there is.
MOST = {"order_type": "limit", "quantity": 5_500, "price": Decimal("99.50")}

#: Places one order in a process of its own, and prints what became of it.
PLACING = """
import sys
from engine.bootstrap import build_engine
from engine.config import load_settings
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest

engine = build_engine(load_settings(sys.argv[1], environ={}))
request = OrderRequest(
    symbol="BTCUSDT", side="buy", order_type="limit", quantity=sys.argv[2], price="99.50"
)
result = OrderManager(engine=engine).place_order(request, wait=False)
print(result.status)
engine.close()
"""


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An account whose answers stay young for the whole test, however slow the machine is."""
    patience = {
        "price_max_age_ms": 600_000,
        "balance_max_age_ms": 600_000,
        "http_timeout_ms": 30_000,
    }
    working = Desk(tmp_path, redis_server.url, paper, **patience)
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()


@pytest.fixture
def second(desk: Desk) -> Iterator[OrderManager]:
    """Another process's engine on the same store, which has seen the balances already."""
    engine = desk.build_engine()
    manager = OrderManager(engine=engine)
    desk.place(quantity=1, order_type="limit", price=Decimal(99))
    manager.place_order(small(), wait=False)
    desk.deliver()
    desk.paper.control.clear_stats()
    yield manager
    engine.close()


def small() -> OrderRequest:
    return OrderRequest(
        symbol="BTC/USDT", side="buy", order_type="limit", quantity=1, price=Decimal(98)
    )


def place(manager: OrderManager, desk: Desk, **fields: object) -> Order:
    request = OrderRequest(symbol="BTC/USDT", side="buy", **fields)
    return desk.order(manager.place_order(request, wait=False).order_id)


def assert_short(order: Order) -> None:
    assert order.reason is not None
    assert (order.status, order.reason.code) == (S.DENIED, "INSUFFICIENT_BALANCE")


def in_another_process(desk: Desk, quantity: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PLACING, str(desk.config_path), quantity],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_fresh_process_asks_for_its_own_key_alone(desk: Desk) -> None:
    """Rules and prices come from who asked before; the key's account shows the balances, too."""
    desk.place(quantity=1, order_type="limit", price=Decimal(99))
    desk.deliver().paper.control.clear_stats()
    assert in_another_process(desk, "1").strip() == S.INITIALIZED
    asked = desk.paper.control.stats()["requests"]
    assert asked == {"GET /api/v3/time": 2, "GET /api/v3/account": 1}


def test_a_process_that_has_seen_its_key_asks_nothing(desk: Desk, second: OrderManager) -> None:
    """From then on an order costs no question: prices, rules and balances are shared."""
    desk.context.gateway.load_balances(Lane.SUBMIT)
    desk.paper.control.clear_stats()
    place(second, desk, quantity=1, order_type="limit", price=Decimal(98))
    assert desk.paper.control.stats()["requests"] == {}


def test_an_order_of_the_other_process_counts_before_the_balances_show_it(
    desk: Desk, second: OrderManager
) -> None:
    """Recorded, then accepted: our reservation stands for it in balances of before."""
    first = desk.place(**MOST)
    assert_short(place(second, desk, **MOST))
    desk.deliver()
    assert desk.order(first.client_order_id).status is S.ACCEPTED
    assert_short(place(second, desk, **MOST))
    assert_equal_to_exchange(desk.deliver())


def test_a_trade_of_the_other_process_overtakes_shared_balances(
    desk: Desk, second: OrderManager
) -> None:
    """Money that a fill has spent is not free, though its reservation is gone."""
    desk.paper.control.set_book("BTCUSDT", [("99", "1")], [("100", "5000")])
    bought = desk.place(**MOST | {"price": Decimal(100), "quantity": 5_100})
    desk.deliver()
    assert desk.order(bought.client_order_id).status is S.PARTIALLY_FILLED
    assert_short(place(second, desk, **MOST))
    assert_equal_to_exchange(desk.deliver())


def test_what_a_cancel_frees_can_be_used_at_once(desk: Desk, second: OrderManager) -> None:
    """Nothing is denied, or sized smaller, for balances that show the money as locked still."""
    (context,) = second.contexts()
    first = desk.place(**MOST)
    desk.deliver()
    assert_short(place(second, desk, **MOST))
    assert context.gateway.load_balances(Lane.SUBMIT).assets["USDT"].used > 500_000
    request_cancel(desk.context, first.client_order_id)
    desk.deliver()
    shared = context.gateway.load_balances(Lane.SUBMIT, max_age_ms=600_000)
    assert shared.assets["USDT"].used < 500_000
    assert place(second, desk, **MOST).status is S.INITIALIZED
    assert_equal_to_exchange(desk.deliver())


def test_money_that_came_in_is_found_before_a_denial(desk: Desk, second: OrderManager) -> None:
    """A deposit that nobody told us of: the balances are asked for anew before the no."""
    desk.place(**MOST)
    desk.deliver()
    desk.paper.control.deposit("USDT", 1_000_000, uid=desk.uid)
    assert place(second, desk, **MOST).status is S.INITIALIZED
