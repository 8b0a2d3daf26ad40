"""What the exchange refuses: the code and the words of each, on the wire."""

from __future__ import annotations

import time

import ccxt
import pytest

from tests.contract.raw import place, send, signed

ORDER = "/api/v3/order"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        ({"symbol": "btc/usdt"}, -1100, "Illegal characters found in parameter 'symbol'"),
        ({"symbol": None}, -1102, "Mandatory parameter 'symbol' was not sent"),
        ({"side": "LONG"}, -1117, "Invalid side."),
        ({"side": None}, -1102, "Mandatory parameter 'side'"),
        ({"type": "STOP"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": None}, -1102, "Mandatory parameter 'timeInForce'"),
        ({"price": None}, -1102, "Mandatory parameter 'price'"),
        ({"quantity": None}, -1102, "Mandatory parameter 'quantity'"),
        ({"quantity": "1e-3"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "-1"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "nan"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "0.000000001"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"price": ""}, -1105, "Parameter 'price' was empty."),
        ({"newClientOrderId": "not allowed!"}, -1100, "Illegal characters"),
        ({"newClientOrderId": "x" * 37}, -1100, "Illegal characters"),
        ({"surprise": "1"}, -1104, "Not all sent parameters were read"),
        ({"type": "MARKET", "price": None}, -1106, "Parameter 'timeInForce' sent when"),
        ({"type": "MARKET", "timeInForce": None}, -1106, "Parameter 'price' sent when"),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"recvWindow": 60001}, -1131, "recvWindow must be less than 60000"),
        ({"price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "99999999"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "11999.99"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"price": "300000.01"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00009"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "200"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "1"}, -2010, "Account has insufficient balance"),
        ({"side": "SELL"}, -2010, "Account has insufficient balance"),
        ({"icebergQty": "0.0001"}, -1013, "Iceberg orders are not supported"),
        ({"selfTradePreventionMode": "NONE"}, -1013, "self-trade prevention"),
    ],
)
def test_a_wrong_order_is_refused_with_its_code(paper, changes, code, words):
    """Every wrong parameter and every broken filter has the code that Binance gives it."""
    reply = place(paper, **changes)
    assert (reply.status, reply.code) == (400, code), reply.text
    assert words in reply.message
    assert paper.control.orders() == []


def test_market_orders_have_filters_of_their_own(paper):
    """MARKET_LOT_SIZE and NOTIONAL (at the average price) hold for market orders."""
    market = {"type": "MARKET", "timeInForce": None, "price": None}
    assert place(paper, **market, quantity="121").message == "Filter failure: MARKET_LOT_SIZE"
    assert place(paper, **market, quantity="0.00008").message == "Filter failure: NOTIONAL"
    both = place(paper, **market, quantity="1", quoteOrderQty="10")
    assert both.code == -1106
    neither = place(paper, **market, quantity=None)
    assert neither.code == -1102


def test_the_number_of_open_orders_is_limited(paper, control):
    """MAX_NUM_ORDERS counts all, MAX_NUM_ALGO_ORDERS the conditional ones."""
    control.set_symbol("BTCUSDT", max_orders=3, max_algo_orders=1)
    try:
        stop = {"type": "STOP_LOSS_LIMIT", "stopPrice": "61000", "price": "61000"}
        assert place(paper, **stop).status == 200
        assert place(paper, **stop).message == "Filter failure: MAX_NUM_ALGO_ORDERS"
        assert place(paper).status == 200
        assert place(paper).status == 200
        assert place(paper).message == "Filter failure: MAX_NUM_ORDERS"
    finally:
        control.set_symbol("BTCUSDT", max_orders=200, max_algo_orders=5)


def test_max_position_counts_what_is_held_and_what_is_bid(paper, control):
    """MAX_POSITION is free, locked and pending buys together; sells are free of it."""
    control.deposit("BTC", "0.5")
    control.set_symbol("BTCUSDT", max_position="0.51")
    assert place(paper, quantity="0.01").status == 200
    assert place(paper, quantity="0.001").message == "Filter failure: MAX_POSITION"
    assert place(paper, side="SELL", price="70000", quantity="0.1").status == 200
    control.set_symbol("BTCUSDT", max_position="1000")


def test_cancel_and_query_refusals(paper):
    """-2011, -2013, -2039 and -1102 for what cannot be found."""
    assert signed(paper, "DELETE", ORDER, symbol="BTCUSDT", orderId=99).code == -2011
    assert signed(paper, "GET", ORDER, symbol="BTCUSDT", orderId=99).code == -2013
    assert signed(paper, "GET", ORDER, symbol="BTCUSDT").code == -1102
    first = place(paper, newClientOrderId="one").json["orderId"]
    place(paper, newClientOrderId="two")
    both = {"symbol": "BTCUSDT", "orderId": first, "origClientOrderId": "two"}
    assert signed(paper, "GET", ORDER, **both).code == -2039
    only = {"cancelRestrictions": "ONLY_PARTIALLY_FILLED", "orderId": first}
    kept = signed(paper, "DELETE", ORDER, symbol="BTCUSDT", **only)
    assert kept.code == -2011
    assert "cancel restrictions" in kept.message


def test_one_account_does_not_see_another(paper, control):
    """An order of somebody else does not exist."""
    control.open_account("stranger", "secret", 3, {"USDT": 100})
    order_id = place(paper).json["orderId"]
    theirs = {"key": "stranger", "secret": "secret", "symbol": "BTCUSDT", "orderId": order_id}
    assert signed(paper, "GET", ORDER, **theirs).code == -2013
    assert signed(paper, "DELETE", ORDER, **theirs).code == -2011
    account = signed(paper, "GET", "/api/v3/account", key="stranger", secret="secret").json
    assert account["uid"] == 3


def test_keys_and_signatures(paper, control):
    """-2014 for what is no key, -2015 for one unknown or not allowed, -1022 for a forgery."""
    none = send(paper, "GET", "/api/v3/account", f"timestamp={time.time_ns() // 10**6}")
    assert (none.status, none.code) == (401, -2014)
    unknown = signed(paper, "GET", "/api/v3/account", key="nobody")
    assert (unknown.status, unknown.code) == (401, -2015)
    forged = signed(paper, "GET", "/api/v3/account", secret="wrong")
    assert (forged.status, forged.code) == (400, -1022)
    unsigned = send(
        paper, "GET", "/api/v3/account", f"timestamp={time.time_ns() // 10**6}", "paper"
    )
    assert unsigned.code == -1102
    control.open_account("reader", "secret", 1_000_001, can_trade=False)
    assert signed(paper, "GET", "/api/v3/account", key="reader", secret="secret").status == 200
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    assert signed(paper, "POST", ORDER, key="reader", secret="secret", **order).code == -2015


def test_timestamps(paper, control):
    """Too old, too far ahead, missing or no number: -1021, -1102, -1100."""
    now_ms = time.time_ns() // 10**6
    assert signed(paper, "GET", "/api/v3/account", timestamp=now_ms - 6000).code == -1021
    ahead = signed(paper, "GET", "/api/v3/account", timestamp=now_ms + 3000)
    assert "ahead of the server" in ahead.message
    assert signed(paper, "GET", "/api/v3/account", timestamp=None).code == -1102
    assert signed(paper, "GET", "/api/v3/account", timestamp="soon").code == -1100
    wide = signed(paper, "GET", "/api/v3/account", timestamp=now_ms - 6000, recvWindow=60000)
    assert wide.status == 200
    control.set_clock(20_000)
    assert signed(paper, "GET", "/api/v3/account").code == -1021


def test_the_window_is_checked_again_before_the_matching(paper, control):
    """A request that waited past its window inside the exchange is refused, and places nothing."""
    control.add_fault(command="order.place", delay_before_matching_ms=300)
    reply = place(paper, recvWindow=200)
    assert reply.code == -1021
    assert control.orders() == []
    control.add_fault(command="order.place", delay_before_matching_ms=300)
    assert place(paper, recvWindow=2000).status == 200


def test_unknown_paths_and_commands(paper):
    """A path that is not there is 404 with JSON; the control API is 404 unless asked for."""
    assert send(paper, "GET", "/api/v3/nothing").status == 404
    assert send(paper, "PUT", ORDER).json["code"] == -5000


def test_duplicated_parameters(paper):
    """A parameter sent twice is refused."""
    assert send(paper, "GET", "/api/v3/depth", "symbol=BTCUSDT&symbol=ETHUSDT").code == -1101


def test_order_test_places_nothing(client, control):
    """order/test checks all and leaves nothing behind."""
    client.create_order("BTC/USDT", "limit", "buy", "0.001", "59000", {"test": True})
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order("BTC/USDT", "limit", "buy", "1", "59000", {"test": True})
    assert control.orders() == []


def test_a_disabled_account(paper, control):
    """An account that may not trade is told so."""
    control.set_account(can_trade=False)
    try:
        assert place(paper).message == "This action is disabled on this account."
    finally:
        control.set_account(can_trade=True)
