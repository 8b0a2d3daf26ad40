"""The life of orders through the gateway, each number compared with the exchange's own ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.fill import Liquidity, Side
from engine.domain.identity import cancel_id
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType, TimeInForce
from engine.domain.report import CancelDone, CancelRefused, OrderReport, Placed, Unclear
from engine.errors import (
    BudgetExhausted,
    ExchangeRefused,
    ExchangeUnavailable,
    InvalidRequest,
)
from tests.integration.exchange.house import House, error_body
from tests.paper import PaperControl

pytestmark = pytest.mark.integration

BTC = "BTC/USDT"
D = Decimal


def place(house: House, **terms: Any) -> tuple[Order, OrderReport]:
    order = house.claimed(**terms)
    answer = house.gateway.submit(order)
    assert isinstance(answer, Placed), answer
    known = replace(order, exchange_order_id=answer.report.exchange_order_id)
    return known, answer.report


def find(house: House, report: OrderReport) -> OrderReport:
    found = house.gateway.find_order(
        BTC, exchange_order_id=report.exchange_order_id, lane=Lane.POLL
    )
    assert found is not None
    return found


KINDS: dict[str, tuple[dict[str, Any], OrderStatus]] = {
    "market": ({"order_type": OrderType.MARKET, "price": None}, OrderStatus.FILLED),
    "market by quote": (
        {
            "order_type": OrderType.MARKET,
            "price": None,
            "quantity": None,
            "quote_quantity": D("600.5"),
        },
        OrderStatus.FILLED,
    ),
    "limit that rests": ({"price": D(50_000)}, OrderStatus.ACCEPTED),
    "limit that takes": ({"price": D(61_000)}, OrderStatus.FILLED),
    "limit ioc": (
        {"price": D(50_000), "time_in_force": TimeInForce.IOC},
        OrderStatus.EXPIRED,
    ),
    "limit fok": (
        {"price": D(50_000), "time_in_force": TimeInForce.FOK},
        OrderStatus.EXPIRED,
    ),
    "post only": ({"price": D(50_000), "post_only": True}, OrderStatus.ACCEPTED),
    "stop": (
        {"order_type": OrderType.STOP, "price": None, "trigger_price": D(65_000)},
        OrderStatus.ACCEPTED,
    ),
    "stop limit": (
        {"order_type": OrderType.STOP_LIMIT, "price": D(66_000), "trigger_price": D(65_000)},
        OrderStatus.ACCEPTED,
    ),
    "take profit": (
        {"order_type": OrderType.TAKE_PROFIT, "price": None, "trigger_price": D(55_000)},
        OrderStatus.ACCEPTED,
    ),
    "take profit limit": (
        {
            "order_type": OrderType.TAKE_PROFIT_LIMIT,
            "price": D(55_000),
            "trigger_price": D(55_500),
        },
        OrderStatus.ACCEPTED,
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_order_reaches_the_exchange_as_meant(
    name: str, house: House, control: PaperControl
) -> None:
    """Type, price, trigger and quantity stand in the exchange's ledger as they were asked."""
    terms, status = KINDS[name]
    terms = {"quantity": D("0.01")} | terms
    order, report = place(house, **terms)
    truth = control.orders()[0]
    assert report.status is status
    assert report.order_type is order.terms.order_type
    assert D(truth["price"]) == (terms["price"] or 0)
    assert D(truth["trigger_price"]) == terms.get("trigger_price", 0)
    assert report.quantity == D(truth["quantity"])
    assert report.filled_quantity == D(truth["filled_quantity"])
    seen = find(house, report)
    assert (seen.status, seen.order_type) == (status, report.order_type)
    assert (seen.quantity, seen.filled_quantity) == (report.quantity, report.filled_quantity)


def test_fills_are_the_exchanges_trades_digit_by_digit(house: House, control: PaperControl) -> None:
    """Every field of every fill equals the ledger's row, in a walk through several levels."""
    control.set_book("BTCUSDT", bids=[(59_999, 1)], asks=[("60000.01", "0.004"), (60_001, 1)])
    _, report = place(house, order_type=OrderType.MARKET, price=None, quantity=D("0.01"))
    fills = house.gateway.load_fills(
        BTC, exchange_order_id=report.exchange_order_id, lane=Lane.POLL
    )
    rows = control.trades()
    assert len(fills) == len(rows) == 2
    for fill, row in zip(fills, rows, strict=True):
        assert fill.row_id == f"{row['trade_id']}/{row['order_id']}"
        assert (fill.price, fill.quantity) == (D(row["price"]), D(row["quantity"]))
        assert (fill.cost, fill.fee) == (D(row["quote_quantity"]), D(row["fee"]))
        assert (fill.fee_currency, fill.side) == (row["fee_asset"], Side.BUY)
        assert fill.executed_at_ms == row["executed_at_ms"]
        assert fill.liquidity is Liquidity.TAKER
    assert sum(fill.quantity for fill in fills) == report.filled_quantity


@pytest.fixture
def unprevented(control: PaperControl) -> Iterator[None]:
    """Let an account trade with itself on BTCUSDT, as markets did before it was prevented."""
    control.set_symbol("BTCUSDT", self_trade_prevention="NONE")
    yield
    control.set_symbol("BTCUSDT", self_trade_prevention="EXPIRE_MAKER")


@pytest.mark.usefixtures("unprevented")
def test_a_trade_of_the_account_with_itself_has_two_rows(
    house: House, control: PaperControl
) -> None:
    """Both rows come under their own order, by cursor and by order."""
    control.set_book("BTCUSDT", bids=[], asks=[])
    _, resting = place(house, quantity=D("0.01"), price=D(60_000))
    control.deposit("BTC", "1")
    _, taking = place(house, side=Side.SELL, quantity=D("0.01"), price=D(60_000))
    fills = house.gateway.load_fills(BTC, after_trade_id="0", lane=Lane.POLL)
    assert len({fill.trade_id for fill in fills}) == 1
    own = {fill.exchange_order_id: (fill.side, fill.liquidity) for fill in fills}
    assert own == {
        resting.exchange_order_id: (Side.BUY, Liquidity.MAKER),
        taking.exchange_order_id: (Side.SELL, Liquidity.TAKER),
    }
    for report in (resting, taking):
        (fill,) = house.gateway.load_fills(
            BTC, exchange_order_id=report.exchange_order_id, lane=Lane.POLL
        )
        assert fill.exchange_order_id == report.exchange_order_id


def test_a_resting_order_fills_in_parts(house: House, control: PaperControl) -> None:
    """Parts show as partially filled with maker fills, and the last one as filled."""
    order, report = place(house, quantity=D("0.03"), price=D(50_000))
    for filled, status in (
        ("0.01", OrderStatus.PARTIALLY_FILLED),
        ("0.02", OrderStatus.PARTIALLY_FILLED),
        ("0.03", OrderStatus.FILLED),
    ):
        control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity="0.01")
        seen = find(house, report)
        assert (seen.status, seen.filled_quantity) == (status, D(filled))
    fills = house.gateway.load_fills(BTC, since_ms=report.created_at_ms, lane=Lane.POLL)
    assert [fill.quantity for fill in fills] == [D("0.01")] * 3
    assert {fill.liquidity for fill in fills} == {Liquidity.MAKER}


def test_a_cancel_replaces_the_id_by_one_that_we_can_derive(
    house: House, control: PaperControl
) -> None:
    """After our cancel the old id is unknown, the derived id and the exchange's id find it."""
    order, report = place(house, quantity=D("0.01"), price=D(50_000))
    answer = house.gateway.cancel(order)
    assert isinstance(answer, CancelDone)
    assert answer.report.status is OrderStatus.CANCELED
    assert answer.report.client_order_id == cancel_id(order.client_order_id)
    assert answer.report.original_client_order_id == order.client_order_id
    gateway = house.gateway
    old, new = order.client_order_id, cancel_id(order.client_order_id)
    assert gateway.find_order(BTC, client_order_id=old, lane=Lane.POLL) is None
    renamed = gateway.find_order(BTC, client_order_id=new, lane=Lane.POLL)
    assert renamed == find(house, report)
    assert control.orders()[0]["client_order_ids"] == [old, new]


def test_a_cancel_works_by_our_id_alone(house: House) -> None:
    """An order whose answer was lost is cancelled by the id that we gave it."""
    order, _ = place(house, quantity=D("0.01"), price=D(50_000))
    assert isinstance(house.gateway.cancel(replace(order, exchange_order_id=None)), CancelDone)


def test_a_second_cancel_is_refused_and_changes_nothing(
    house: House, control: PaperControl
) -> None:
    """The order is not open any more: ask what became of it."""
    order, _ = place(house, quantity=D("0.01"), price=D(50_000))
    house.gateway.cancel(order)
    before = control.orders()
    assert isinstance(house.gateway.cancel(order), CancelRefused)
    assert control.orders() == before


@pytest.mark.parametrize(
    "fault",
    [
        {"answer": "drop"},
        {"answer": "hang"},
        {"answer": "html"},
        {"answer": "gzip"},
        {"answer": "status", "status": 503, "body": error_body(-2011, "Unknown order sent.")},
        {"answer": "status", "status": 429, "body": error_body(-1003, "Too many requests")},
        {"answer": "status", "status": 400, "body": error_body(-1007, "Timeout")},
        {"answer": "status", "status": 200, "body": "{}"},
    ],
)
def test_a_cancel_without_a_clear_answer_stays_unclear(
    fault: dict[str, Any], house: House, control: PaperControl
) -> None:
    """Only -2011 and its kin say that an order is not open; silence says nothing."""
    order, report = place(house, quantity=D("0.01"), price=D(50_000))
    control.add_fault(method="DELETE", path="/api/v3/order", **fault)
    assert isinstance(house.gateway.cancel(order), Unclear)
    assert find(house, report).status is OrderStatus.CANCELED


def test_a_strange_cancel_leaves_the_order_findable(house: House, control: PaperControl) -> None:
    """When another client cancels, the id is anything: the exchange's id still finds the order."""
    order, report = place(house, quantity=D("0.01"), price=D(50_000))
    name = control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    seen = find(house, report)
    assert (seen.status, seen.client_order_id) == (OrderStatus.CANCELED, name)
    gateway = house.gateway
    known = gateway.find_order(BTC, client_order_id=order.client_order_id, lane=Lane.POLL)
    assert known is None


def test_none_means_that_the_exchange_said_so(house: House, control: PaperControl) -> None:
    """Only -2013 is None; any other answer to the question raises, because nothing was learned."""
    ask = {"client_order_id": "nobody", "lane": Lane.RESOLVE}
    assert house.gateway.find_order(BTC, **ask) is None
    for fault in (
        {"answer": "drop"},
        {"answer": "html"},
        {"answer": "empty"},
        {"answer": "status", "status": 503, "body": error_body(-2013, "Order does not exist.")},
        {"answer": "status", "status": 404, "body": "not here"},
        {"answer": "status", "status": 200, "body": "null"},
        {"answer": "status", "status": 400, "body": error_body(-1000, "unknown")},
    ):
        control.add_fault(method="GET", path="/api/v3/order", **fault)
        with pytest.raises(ExchangeUnavailable):
            house.gateway.find_order(BTC, **ask)
    control.add_fault(
        method="GET",
        path="/api/v3/order",
        answer="status",
        status=400,
        body=error_body(-2026, "Order was canceled or expired over 90 days ago"),
    )
    with pytest.raises(ExchangeRefused) as caught:
        house.gateway.find_order(BTC, **ask)
    assert caught.value.exchange_code == "-2026"


def test_open_orders_are_those_of_the_symbol_or_all(house: House, control: PaperControl) -> None:
    """Without a symbol every market's orders come, each under its own name."""
    control.set_price("ETHUSDT", 3_000)
    place(house, quantity=D("0.01"), price=D(50_000))
    place(house, symbol="ETH/USDT", quantity=D("0.1"), price=D(2_000))
    gateway = house.gateway
    assert [row.symbol for row in gateway.load_open_orders(BTC, Lane.POLL)] == [BTC]
    symbols = {row.symbol for row in gateway.load_open_orders(None, Lane.POLL)}
    assert symbols == {BTC, "ETH/USDT"}


def test_balances_are_the_exchanges_own(house: House, control: PaperControl) -> None:
    """Free and locked equal the ledger's, and assets that are not held do not appear."""
    place(house, quantity=D("0.01"), price=D(50_000))
    place(house, order_type=OrderType.MARKET, price=None, quantity=D("0.002"))
    balances = house.gateway.load_balances(Lane.POLL)
    truth = {asset: (D(row["free"]), D(row["locked"])) for asset, row in control.balances().items()}
    held = {asset: amounts for asset, amounts in truth.items() if any(amounts)}
    assert {name: (row.free, row.used) for name, row in balances.assets.items()} == held


def test_what_cannot_be_expressed_is_refused_before_anything_is_sent(
    house: House, control: PaperControl
) -> None:
    """A limit order without a price keeps no allowance and sends no order."""
    granted = len(house.budget.granted)
    with pytest.raises(InvalidRequest, match="price"):
        house.claimed(quantity=D("0.01"), price=None)
    assert len(house.budget.granted) == granted
    assert control.orders() == []


def test_an_empty_allowance_stops_everything_but_a_prepared_order(
    house: House, control: PaperControl
) -> None:
    """Preparing took the allowance, so the submit goes out; nothing else does."""
    order = house.claimed(quantity=D("0.01"), price=D(50_000))
    house.budget.is_empty = True
    assert isinstance(house.gateway.submit(order), Placed)
    control.clear_stats()
    with pytest.raises(BudgetExhausted):
        house.gateway.cancel(order)
    with pytest.raises(BudgetExhausted):
        house.gateway.load_balances(Lane.POLL)
    with pytest.raises(BudgetExhausted):
        house.claimed(quantity=D("0.01"), price=D(50_000))
    assert control.stats()["requests"] == {}


def test_a_submit_is_exactly_one_request(house: House, control: PaperControl) -> None:
    """Clock, connection and allowance are ready before; the claim's send asks nothing more."""
    order = house.claimed(quantity=D("0.01"), price=D(50_000))
    control.clear_stats()
    house.gateway.submit(order)
    assert control.stats()["requests"] == {"POST /api/v3/order": 1}


def test_an_order_takes_its_allowance_under_its_nonce(house: House) -> None:
    """The order count and the weight of a failure are taken before the claim, in the lane."""
    order = house.claimed(quantity=D("0.01"), price=D(50_000))
    cost, lane, nonce = house.budget.granted[-1]
    assert (cost.orders, cost.weight, lane, nonce) == (1, 1, Lane.SUBMIT, order.nonce)
    house.gateway.refund_submit(nonce)
    assert house.budget.refunded == [nonce]


def test_usage_headers_correct_the_meter(house: House, control: PaperControl) -> None:
    """What the exchange counts is told to the shared allowance by window."""
    place(house, quantity=D("0.01"), price=D(50_000))
    assert house.budget.observed["orders_10s"] == 1
    assert house.budget.observed["weight_1m"] == control.stats()["weight"] > 0


def test_an_order_that_was_not_claimed_is_never_sent(house: House, control: PaperControl) -> None:
    """Without a signing time there is no fence, so nothing leaves."""
    order = house.claimed(quantity=D("0.01"), price=D(50_000))
    with pytest.raises(ValueError, match="not claimed"):
        house.gateway.submit(replace(order, signed_at_ms=None))
    assert control.orders() == []
