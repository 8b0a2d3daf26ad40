"""Orders of the futures market as the sync client and raw requests see them."""

from __future__ import annotations

import time
from decimal import Decimal as D

import ccxt
import pytest

from tests.contract.clients import futures_options
from tests.contract.raw import place, place_future, send, signed

BTC = "BTC/USDT:USDT"
_AT_MARKET = {"type": "MARKET", "timeInForce": None, "price": None}


def test_a_position_is_opened_and_closed(swap, futures):
    """A market buy opens, a reduce-only limit closes, and the wallet is the sum of its income."""
    opened = swap.create_order(BTC, "market", "buy", "0.1", None, {"clientOrderId": "in"})
    assert (opened["status"], D(opened["average"])) == ("closed", D("60000.1"))
    params = {"clientOrderId": "out", "reduceOnly": True}
    assert swap.create_order(BTC, "limit", "sell", "0.1", "61000", params)["status"] == "open"
    (held,) = swap.fetch_positions([BTC])
    assert (D(held["contracts"]), D(held["entryPrice"])) == (D("0.1"), D("60000.1"))
    futures.set_price("BTCUSDT", "61500")
    assert swap.fetch_order(None, BTC, {"clientOrderId": "out"})["status"] == "closed"
    trades = swap.fetch_my_trades(BTC)
    assert [(t["takerOrMaker"], t["info"]["realizedPnl"]) for t in trades] == [
        ("taker", "0.00000000"),
        ("maker", "99.99000000"),
    ]
    # 6000.01 at 0.0005 and 6100 at 0.0002
    expected = D(10_000) + D("99.99") - D("3.000005") - D("1.22")
    assert futures.wallet() == expected
    rows = swap.fapiPrivateGetIncome()
    assert sum(D(row["income"]) for row in rows) == expected
    assert [row["incomeType"] for row in rows] == [
        "TRANSFER",
        "COMMISSION",
        "REALIZED_PNL",
        "COMMISSION",
    ]
    assert swap.fetch_positions([BTC]) == []


def test_a_canceled_order_keeps_its_client_id(paper, futures):
    """Futures do not replace the id at a cancel; a second cancel is -2011, a query finds it."""
    order = place_future(paper, newClientOrderId="kept").json
    by_id = {"symbol": "BTCUSDT", "origClientOrderId": "kept"}
    canceled = signed(paper, "DELETE", "/fapi/v1/order", **by_id).json
    assert (canceled["status"], canceled["clientOrderId"]) == ("CANCELED", "kept")
    assert signed(paper, "DELETE", "/fapi/v1/order", **by_id).code == -2011
    found = signed(paper, "GET", "/fapi/v1/order", **by_id).json
    assert (found["orderId"], found["status"]) == (order["orderId"], "CANCELED")
    assert signed(paper, "GET", "/fapi/v1/openOrder", **by_id).code == -2013


def test_an_id_is_unique_among_open_orders_only(paper, futures):
    """-4116 while the first is open; after its fill the same id makes a second order."""
    assert place_future(paper, newClientOrderId="twice").status == 200
    assert place_future(paper, newClientOrderId="twice").code == -4116
    futures.fill("BTCUSDT", client_order_id="twice")
    assert place_future(paper, newClientOrderId="twice").status == 200
    assert place_future(paper, newClientOrderId="not allowed!").code == -4015


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "STOP_MARKET", "stopPrice": "49000", "price": None, "timeInForce": None}, -4120),
        ({"price": "50000.05"}, -1111),
        ({"quantity": "0.0105"}, -1111),
        ({"quantity": "2000"}, -4005),
        (_AT_MARKET | {"quantity": "500"}, -4005),
        ({"quantity": "0"}, -4003),
        ({"quantity": None}, -1102),
        ({"timeInForce": None}, -1102),
        ({"quantity": "0.001", "price": "40000"}, -4164),
        ({"price": "63001"}, -4016),
        ({"side": "SELL", "price": "56999"}, -4024),
        ({"reduceOnly": "true"}, -2022),
        ({"positionSide": "LONG"}, -4061),
        ({"quantity": "5"}, -2019),
        ({"timeInForce": "GTX", "price": "60500"}, -5022),
        ({"timeInForce": "FOK", "price": "59000"}, -5021),
        ({"timeInForce": "GTD"}, -1102),
        ({"timeInForce": "GTD", "goodTillDate": 1_000}, -4188),
        ({"symbol": "NOPEUSDT"}, -1121),
        ({"closePosition": "true"}, -4136),
        ({"nonsense": "1"}, -1104),
    ],
)
def test_refusals(paper, futures, changes, code):
    """Each wrong order has its own code, and leaves no order."""
    reply = place_future(paper, **changes)
    assert (reply.status, reply.code) == (400, code)
    assert futures.orders() == []


def test_ack_and_result(paper, futures):
    """An ACK shows the order as it was taken in, a RESULT as it is after its matching."""
    ack = place_future(paper, **_AT_MARKET).json
    assert (ack["status"], ack["executedQty"]) == ("NEW", "0.00000000")
    result = place_future(paper, **_AT_MARKET, newOrderRespType="RESULT").json
    assert (result["status"], result["executedQty"]) == ("FILLED", "0.01000000")
    assert D(result["avgPrice"]) == D("60000.1")


def test_the_rest_of_ioc_and_market_expires(paper, futures):
    """What an IOC or a market order does not find ends as EXPIRED with what it filled."""
    futures.set_book("BTCUSDT", [("59999", "1")], [("60001", "0.004")])
    ioc = place_future(paper, price="60001", timeInForce="IOC", newOrderRespType="RESULT").json
    assert (ioc["status"], ioc["executedQty"]) == ("EXPIRED", "0.00400000")
    futures.set_book("BTCUSDT", [("59999", "1")], [("60001", "0.004")])
    market = place_future(paper, **_AT_MARKET, newOrderRespType="RESULT").json
    assert (market["status"], market["executedQty"]) == ("EXPIRED", "0.00400000")
    assert [o["expiry_reason"] for o in futures.orders()] == [2, 9]


def test_a_dated_order_expires_at_its_date(paper, futures):
    """A GTD order is open until the exchange's clock passes its date."""
    date = time.time_ns() // 1_000_000 + 700_000
    placed = place_future(paper, timeInForce="GTD", goodTillDate=date).json
    assert placed["goodTillDate"] == date - date % 1000
    paper.control.set_clock(701_000)
    send(paper, "GET", "/fapi/v1/time")  # Every request lets the exchange look at its clock
    assert [o["status"] for o in futures.orders()] == ["EXPIRED"]


def test_reduce_only_never_opens(swap, futures):
    """Two orders that together are larger than the position close it once; the rest expires."""
    swap.create_order(BTC, "market", "buy", "0.1", None, {"clientOrderId": "in"})
    for number, price in enumerate(("60500", "60600")):
        params = {"clientOrderId": f"out{number}", "reduceOnly": True}
        swap.create_order(BTC, "limit", "sell", "0.08", price, params)
    futures.set_price("BTCUSDT", "61000")
    orders = {o["client_order_id"]: o for o in futures.orders()}
    assert (orders["out0"]["status"], orders["out0"]["filled_quantity"]) == ("FILLED", "0.08000000")
    assert (orders["out1"]["status"], orders["out1"]["filled_quantity"]) == (
        "EXPIRED",
        "0.02000000",
    )
    assert orders["out1"]["expiry_reason"] == 4
    assert D(futures.position("BTCUSDT")["quantity"]) == 0


def test_a_sale_through_the_position_flips_it(paper, swap, futures):
    """One-way: selling more than is held closes the long and opens a short at the new price."""
    swap.create_order(BTC, "market", "buy", "0.1", None, {"clientOrderId": "in"})
    futures.set_book("BTCUSDT", [("61000", "5")], [("61001", "5")])
    swap.create_order(BTC, "market", "sell", "0.3", None, {"clientOrderId": "flip"})
    held = futures.position("BTCUSDT")
    assert (D(held["quantity"]), D(held["entry_price"])) == (D("-0.2"), D(61_000))
    # A tenth of 61000 less 60000.1
    assert sum(D(t["realized"]) for t in futures.trades()) == D("99.99")


def test_hedge_mode_has_two_positions(paper, swap, futures):
    """LONG and SHORT stand beside each other, each closed by its own side only."""
    swap.set_position_mode(True)
    for side, position_side in (("buy", "LONG"), ("sell", "SHORT")):
        params = {"clientOrderId": position_side, "positionSide": position_side}
        swap.create_order(BTC, "market", side, "0.1", None, params)
    held = {p["side"]: D(p["contracts"]) for p in swap.fetch_positions([BTC])}
    assert held == {"long": D("0.1"), "short": D("0.1")}
    too_much = {"side": "SELL", "positionSide": "LONG", "quantity": "0.2"} | _AT_MARKET
    assert place_future(paper, **too_much).code == -2022
    assert place_future(paper, positionSide="LONG", reduceOnly="true").code == -1106
    assert place_future(paper).code == -4061
    assert place_future(paper, **(too_much | {"quantity": "0.1"})).status == 200
    assert D(futures.position("BTCUSDT", "LONG")["quantity"]) == 0
    assert D(futures.position("BTCUSDT", "SHORT")["quantity"]) == D("-0.1")


def test_cancel_all_and_open_orders(paper, swap, futures):
    """Every open order of a contract goes at once, and no open order is no error."""
    for number in range(3):
        place_future(paper, newClientOrderId=f"o{number}")
    assert len(swap.fetch_open_orders(BTC)) == 3
    for _ in range(2):
        reply = signed(paper, "DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
        assert (reply.status, reply.json["code"]) == (200, 200)
    assert swap.fetch_open_orders(BTC) == []
    assert len(swap.fetch_orders(BTC)) == 3


def test_limits_are_those_of_futures(paper, futures):
    """Order counts are per ten seconds and per minute, and fills do not lower them."""
    paper.control.set_limits(forget=True)
    futures.set_limits(orders_per_10s=2, orders_per_minute=5, forget=True)
    try:
        reply = place_future(paper, **_AT_MARKET)
        assert reply.headers["x-mbx-order-count-10s"] == "1"
        assert reply.headers["x-mbx-order-count-1m"] == "1"
        assert place_future(paper).status == 200
        refused = place_future(paper)
        assert (refused.status, refused.code) == (429, -1015)
    finally:
        futures.set_limits(orders_per_10s=100_000, orders_per_minute=400_000, forget=True)


def test_a_refused_order_names_its_reason_in_ccxt(swap, futures):
    """ccxt's own classes for too little margin and for nothing to reduce."""
    with pytest.raises(ccxt.InsufficientFunds):
        swap.create_order(BTC, "limit", "buy", "5", "50000", {"clientOrderId": "big"})
    params = {"clientOrderId": "ro", "reduceOnly": True}
    with pytest.raises(ccxt.InvalidOrder):
        swap.create_order(BTC, "limit", "sell", "0.1", "61000", params)


def test_one_client_trades_both_market_types(paper, futures):
    """`ccxt.binance` with futures as its default type reaches both, each with its own money."""
    given = futures_options(paper)
    given["options"] |= {"defaultType": "future", "fetchMarkets": {"types": ["spot", "linear"]}}
    client = ccxt.binance(given)
    client.load_markets()
    future = client.create_order(
        "BTC/USDT:USDT", "market", "sell", 0.01, None, {"clientOrderId": "f"}
    )
    spot = client.create_order("BTC/USDT", "market", "buy", 0.01, None, {"clientOrderId": "s"})
    assert (future["status"], spot["status"]) == ("closed", "closed")
    assert D(futures.position("BTCUSDT")["quantity"]) == D("-0.01")
    assert D(paper.control.balances()["BTC"]["free"]) == D("0.00999")
    (held,) = client.fetch_positions()
    assert (held["symbol"], held["side"]) == ("BTC/USDT:USDT", "short")


def test_the_window_is_checked_at_arrival_only(paper, futures):
    """What waits before the matching is refused on spot and carried out on futures."""
    for path in ("/api/v3/order", "/fapi/v1/order"):
        paper.control.add_fault(path=path, method="POST", delay_before_matching_ms=400)
    assert place(paper, recvWindow=200).code == -1021
    assert place_future(paper, recvWindow=200).status == 200
    old = time.time_ns() // 1_000_000 - 6_000
    assert place_future(paper, timestamp=old).code == -1021


@pytest.mark.parametrize(
    ("body", "has_effect"),
    [
        ("Unknown error, please check your request or try again later.", True),
        ("Unknown error, please check your request or try again later.", False),
        ("Service Unavailable.", False),
        ("Internal error; unable to process your request. Please try again.", False),
        ('{"code":-1007,"msg":"Timeout waiting for response from backend server."}', True),
        ('{"code":-1008,"msg":"Request throttled by system-level protection."}', False),
    ],
)
def test_the_unclear_answers_of_futures(paper, futures, body, has_effect):
    """A rule gives any of the answers whose order may or may not have been placed."""
    rule = {"path": "/fapi/v1/order", "method": "POST", "client_order_id_prefix": "q"}
    paper.control.add_fault(**rule, answer="status", status=503, body=body, effect=has_effect)
    assert place_future(paper, newClientOrderId="other").status == 200
    reply = place_future(paper, newClientOrderId="q1")
    assert (reply.status, reply.text) == (503, body)
    assert [o["client_order_id"] for o in futures.orders()] == ["other"] + ["q1"] * has_effect
