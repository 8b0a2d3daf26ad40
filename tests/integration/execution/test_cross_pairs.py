"""Trades of a coin against another coin: both holdings move, to the last digit, in one write."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.domain.fill import BalanceRow, RowKind
from engine.domain.order_status import OrderStatus
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.archive.aging import archive, pass_retention
from tests.integration.execution.comparing import (
    assert_balances_equal,
    assert_equal_to_exchange,
    assert_trades_equal,
)
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

D = Decimal
PRICES = {"BTCUSDT": "100", "ETHUSDT": "5", "BNBUSDT": "2", "ETHBTC": "0.05"}
SPREAD = {"ETHBTC": "0.00001"}
ETH_BTC, BTC_USDT = "ETH/BTC", "BTC/USDT"


@pytest.fixture(scope="module")
def exchange() -> Iterator[PaperExchange]:
    with PaperExchange(symbols="BTC/USDT,ETH/USDT,BNB/USDT,ETH/BTC") as paper:
        paper.make_up_past(tuple(PRICES))
        yield paper


@pytest.fixture
def paper(exchange: PaperExchange) -> PaperExchange:
    """Every market with a book of its own around its price."""
    exchange.control.clear_faults()
    exchange.control.reset()
    exchange.control.set_limits(forget=True)
    for symbol, price in PRICES.items():
        step = D(SPREAD.get(symbol, "0.01"))
        exchange.control.set_price(symbol, price)
        bids = [[str(D(price) - step), "10000"]]
        exchange.control.set_book(symbol, bids, [[str(D(price) + step), "10000"]])
    return exchange


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An account that has bought a coin, and held each of three before that."""
    working = Desk(tmp_path, redis_server.url, paper)
    working.engine.store.client.read("FLUSHALL")
    for asset in ("BTC", "ETH", "BNB"):
        paper.control.deposit(asset, "3", uid=working.uid)
    working.open()
    working.place(BTC_USDT, quantity=2)
    yield working.deliver()
    working.close()


def trade(desk: Desk, side: str, fee_asset: str = "") -> None:
    desk.paper.control.set_account(desk.uid, fee_asset=fee_asset)
    order = desk.place(ETH_BTC, side=side, quantity=D("1.5"))
    assert desk.deliver().order(order.client_order_id).status is OrderStatus.FILLED


def payments(desk: Desk) -> list[BalanceRow]:
    rows = desk.context.store.load_rows(BTC_USDT)
    return [row for row in rows if isinstance(row, BalanceRow) and row.kind is RowKind.PAYMENT]


@pytest.mark.parametrize("fee_asset", ["", "BTC", "BNB", "ETH"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_both_coins_of_a_trade_move(desk: Desk, side: str, fee_asset: str) -> None:
    """Whatever coin pays the fee; the position of the coin that pays earns nothing by it."""
    before = desk.position(BTC_USDT)
    trade(desk, side, fee_asset)
    after = desk.position(BTC_USDT)
    assert before is not None
    assert after is not None
    assert after.net_quantity == desk.exchange_totals()["BTC"] != before.net_quantity
    assert after.realized_pnl == before.realized_pnl
    assert after.net_quantity - before.net_quantity == sum(row.quantity for row in payments(desk))
    assert_equal_to_exchange(desk)


def test_trades_by_hand_and_a_rebuild_from_nothing(desk: Desk) -> None:
    """Nothing is left unexplained, and an empty store comes to the same.

    An order is open in the market, by which a rebuild knows that it has to be followed.
    """
    desk.place(ETH_BTC, order_type="limit", quantity=1, price=D("0.04"))
    trade(desk, "buy")
    trade(desk, "sell", "BNB")
    words = {"symbol": "ETHBTC", "side": "BUY", "type": "MARKET", "quantity": "0.7"}
    desk.paper.control.place(words, key=desk.key)
    for _ in range(2):
        result = reconcile.reconcile(desk.context)
        assert result is not None
        assert result.is_equal
        desk.deliver()
    assert_trades_equal(desk)
    assert_balances_equal(desk)
    count = len(payments(desk))

    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.sweep()
    assert len(payments(desk)) == count == 3
    assert_trades_equal(desk)
    assert_balances_equal(desk)


def test_the_archive_keeps_what_a_coin_paid(desk: Desk) -> None:
    """Rows that leave are in the checkpoints of both symbols; what follows is added to them."""
    trade(desk, "buy")
    desk.sweep()
    pass_retention(desk)
    assert archive(desk).rows > 0
    assert payments(desk) == []
    trade(desk, "sell")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_equal
    desk.deliver()
    assert_balances_equal(desk)
