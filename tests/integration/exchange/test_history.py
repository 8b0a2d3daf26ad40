"""Histories that are longer than a page come whole, by every way of asking."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.lanes import Lane
from tests.integration.exchange.house import House, build_house
from tests.paper import PaperExchange

pytestmark = pytest.mark.integration

BTC = "BTC/USDT"
ROWS = 1_050  # A page holds 1,000


@pytest.fixture(scope="module")
def busy() -> Iterator[PaperExchange]:
    """Give an exchange where one order has 1,050 trades and 1,050 orders have none."""
    with PaperExchange() as exchange:
        exchange.control.set_price("BTCUSDT", 60_000)
        words = {"symbol": "BTCUSDT", "side": "BUY", "timeInForce": "GTC", "type": "LIMIT"}
        whole = words | {"quantity": "0.1050", "price": "50000", "newClientOrderId": "many-fills"}
        exchange.control.place(whole)
        for _ in range(ROWS):
            exchange.control.fill("BTCUSDT", client_order_id="many-fills", quantity="0.0001")
        for _ in range(ROWS):
            fleeting = words | {"timeInForce": "IOC", "quantity": "0.001", "price": "40000"}
            exchange.control.place(fleeting)
        yield exchange


@pytest.fixture
def gateway(busy: PaperExchange) -> Iterator[House]:
    house = build_house(busy.base_url)
    yield house
    house.gateway.close()


def test_all_trades_come_by_every_question(gateway: House, busy: PaperExchange) -> None:
    """By time, by order and by cursor: the same rows as the ledger's, oldest first."""
    truth = [f"{row['trade_id']}/{row['order_id']}" for row in busy.control.trades()]
    first = busy.control.trades()[0]
    load = gateway.gateway.load_fills
    by_time = load(BTC, since_ms=first["executed_at_ms"], lane=Lane.POLL)
    by_order = load(BTC, exchange_order_id=str(first["order_id"]), lane=Lane.POLL)
    by_cursor = load(BTC, after_trade_id="0", lane=Lane.POLL)
    assert [fill.row_id for fill in by_time] == truth
    assert by_time == by_order == by_cursor
    assert sum(fill.quantity for fill in by_time) == Decimal("0.1050")


def test_a_cursor_brings_its_own_row_and_all_later_ones(
    gateway: House, busy: PaperExchange
) -> None:
    """The row of the cursor comes again, because an id may have two rows."""
    ids = [str(row["trade_id"]) for row in busy.control.trades()]
    load = gateway.gateway.load_fills
    for place in (0, 49, 50, 51, ROWS - 1):
        fills = load(BTC, after_trade_id=ids[place], lane=Lane.POLL)
        assert [fill.trade_id for fill in fills] == ids[place:]


def test_all_orders_come(gateway: House, busy: PaperExchange) -> None:
    """Every order since a time, none twice, oldest first; later than all: none."""
    truth = [str(row["order_id"]) for row in busy.control.orders()]
    since_ms = busy.control.orders()[0]["created_at_ms"]
    found = gateway.gateway.load_orders(BTC, since_ms, Lane.POLL)
    assert [report.exchange_order_id for report in found] == truth
    assert len(found) == ROWS + 1
    assert gateway.gateway.load_orders(BTC, found[-1].created_at_ms + 1, Lane.POLL) == ()


def test_days_without_rows_are_passed_over(gateway: House, busy: PaperExchange) -> None:
    """A look back over several windows of the exchange finds the rows of today."""
    since_ms = gateway.gateway.measure_clock() + busy.control.orders()[0]["created_at_ms"]
    week_ms = 7 * 86_400_000
    found = gateway.gateway.load_fills(BTC, since_ms=since_ms - week_ms, lane=Lane.POLL)
    assert len(found) == ROWS


def test_one_failed_page_fails_the_whole(gateway: House, busy: PaperExchange) -> None:
    """Half a history would look like the absence of the other half."""
    busy.control.add_fault(path="/api/v3/myTrades", skip=1, answer="status", status=502)
    try:
        with pytest.raises(Exception, match="trades of BTC/USDT: HTTP 502"):
            gateway.gateway.load_fills(BTC, after_trade_id="0", lane=Lane.POLL)
    finally:
        busy.control.clear_faults()
