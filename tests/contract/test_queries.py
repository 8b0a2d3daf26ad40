"""What the exchange tells: pages of orders and trades, lag, market data, account."""

from __future__ import annotations

import time
from decimal import Decimal as D
from itertools import pairwise

import ccxt
import pytest

from tests.contract import clients
from tests.contract.raw import place, send, signed
from tests.waiting import eventually

BTC = "BTC/USDT"


def buy(client, number):
    return client.create_order(
        BTC, "market", "buy", "0.001", None, {"clientOrderId": f"buy{number}"}
    )


def test_trades_by_order_by_id_and_newest(client, paper):
    """myTrades pages upward from an id, and gives the newest without one."""
    for number in range(5):
        buy(client, number)
    ids = [t["id"] for t in client.fetch_my_trades(BTC)]
    assert ids == sorted(ids, key=int)
    path = "/api/v3/myTrades"
    page = signed(paper, "GET", path, symbol="BTCUSDT", fromId=ids[1], limit=2).json
    assert [str(t["id"]) for t in page] == ids[1:3]
    newest = signed(paper, "GET", path, symbol="BTCUSDT", limit=2).json
    assert [str(t["id"]) for t in newest] == ids[-2:]
    both = signed(paper, "GET", path, symbol="BTCUSDT", fromId=1, startTime=1)
    assert both.code == -1128


def test_trades_in_a_time_span(client, paper):
    """A span holds at most 24 hours; a start alone means the 24 hours after it."""
    buy(client, 0)
    now_ms = int(time.time() * 1000)
    path, day_ms = "/api/v3/myTrades", 86_400_000
    recent = signed(paper, "GET", path, symbol="BTCUSDT", startTime=now_ms - 60_000)
    assert len(recent.json) == 1
    old = signed(paper, "GET", path, symbol="BTCUSDT", startTime=now_ms - 2 * day_ms)
    assert old.json == []
    wide = signed(
        paper, "GET", path, symbol="BTCUSDT", startTime=now_ms - 2 * day_ms, endTime=now_ms
    )
    assert wide.code == -1127


def test_all_orders_from_an_id(client):
    """fetch_orders lists closed and open orders; an id begins the page there."""
    for number in range(3):
        buy(client, number)
    last = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "open"})
    assert [o["status"] for o in client.fetch_orders(BTC)] == ["closed"] * 3 + ["open"]
    page = client.fetch_orders(BTC, params={"orderId": last["id"]})
    assert [o["clientOrderId"] for o in page] == ["open"]


def test_ids_are_counted_per_symbol(client):
    """The first order of each market has the same id, as the first trade has."""
    first = buy(client, 0)
    other = client.create_order("ETH/USDT", "market", "buy", "0.01", None, {"clientOrderId": "eth"})
    assert first["id"] == other["id"] == "1"


def test_read_lag_shows_the_past(client, control):
    """With a lag, a new order does not exist yet, and an old state is seen until it passes."""
    control.set_read_lag(400)
    order = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "lag"})
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(order["id"], BTC)
    assert client.fetch_open_orders(BTC) == []
    eventually(lambda: client.fetch_open_orders(BTC), timeout_s=3)
    control.fill("BTCUSDT", client_order_id="lag")
    assert client.fetch_order(order["id"], BTC)["status"] == "open"
    assert client.fetch_my_trades(BTC) == []
    assert len(client.fetch_open_orders(BTC)) == 1
    eventually(lambda: client.fetch_my_trades(BTC), timeout_s=3)
    assert client.fetch_order(order["id"], BTC)["status"] == "closed"
    assert client.fetch_open_orders(BTC) == []


def test_an_order_hidden_from_queries(client, control):
    """A fault hides one order from every query for a while; it can still be canceled."""
    control.add_fault(command="order.place", client_order_id_prefix="hid", invisible_ms=400)
    order = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "hid"})
    client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "seen"})
    assert [o["clientOrderId"] for o in client.fetch_open_orders(BTC)] == ["seen"]
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(order["id"], BTC)
    eventually(lambda: len(client.fetch_open_orders(BTC)) == 2, timeout_s=3)


def test_account(client, control):
    """The account says its uid, permissions, rates and balances, free and locked."""
    client.create_order(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "lock"})
    balance = client.fetch_balance()
    assert balance["USDT"] == {"free": "9500.00000000", "used": "500.00000000", "total": "10000"}
    account = balance["info"]
    assert account["uid"] == "1000001" or account["uid"] == 1000001
    assert account["permissions"] == ["SPOT"]
    assert account["canTrade"] is True
    assert account["commissionRates"]["maker"] == "0.00100000"


def test_key_permissions(client):
    """apiRestrictions says what the key may do, and that it can never withdraw."""
    answer = client.sapi_get_account_apirestrictions()
    assert answer["enableSpotAndMarginTrading"] is True
    assert answer["enableWithdrawals"] is False


def test_a_default_client_loads_markets(paper):
    """A client that asks for every market type and for coins gets harmless answers."""
    options = clients.options(paper)
    options["options"] = {}
    client = ccxt.binance(options)
    assert set(client.load_markets()) >= {BTC, "ETH/USDT"}
    assert "USDT" in client.fetch_currencies()


def test_market_data(client, control):
    """Ticker, book, trades, candles and time agree with the market."""
    control.set_book("BTCUSDT", [(59999, 1), (59998, 2)], [(60001, 3)])
    client.create_order(BTC, "market", "buy", "0.01", None, {"clientOrderId": "print"})
    ticker = client.fetch_ticker(BTC)
    assert (D(ticker["last"]), D(ticker["bid"]), D(ticker["ask"])) == (60001, 59999, 60001)
    book = client.fetch_order_book(BTC)
    assert [D(str(v)) for v in book["asks"][0]] == [60001, D("2.99")]
    assert len(book["bids"]) == 2
    assert D(client.fetch_trades(BTC)[-1]["price"]) == 60001
    assert abs(client.fetch_time() - time.time() * 1000) < 2000
    assert D(client.fetch_bids_asks([BTC])[BTC]["ask"]) == 60001
    assert D(client.fetch_last_prices([BTC])[BTC]["price"]) == 60001
    assert D(client.public_get_avgprice({"symbol": "BTCUSDT"})["price"]) > 0


@pytest.mark.parametrize(
    ("interval", "length_ms"),
    [("1s", 1000), ("1m", 60_000), ("15m", 900_000), ("4h", 14_400_000), ("1d", 86_400_000)],
)
def test_candles_have_history_without_gaps(client, interval, length_ms):
    """There is a past of many candles, each beginning where the last one ended."""
    rows = client.fetch_ohlcv(BTC, interval, limit=300)
    assert len(rows) == 300
    assert {b[0] - a[0] for a, b in pairwise(rows)} == {length_ms}
    for _, open_, high, low, close, _ in rows:
        assert D(low) <= min(D(open_), D(close)) <= max(D(open_), D(close)) <= D(high)
    since = rows[100][0]
    page = client.fetch_ohlcv(BTC, interval, since=since, limit=10)
    assert [r[0] for r in page] == [r[0] for r in rows[100:110]]


def test_every_interval_answers(paper):
    """Weeks begin on Mondays, months on the first."""
    for interval in ("3m", "5m", "30m", "1h", "2h", "6h", "8h", "12h", "3d", "1w", "1M"):
        query = f"symbol=BTCUSDT&interval={interval}&limit=3"
        rows = send(paper, "GET", "/api/v3/klines", query).json
        assert len(rows) == 3, interval
    week = send(paper, "GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1w&limit=1").json
    assert time.gmtime(week[0][0] / 1000).tm_wday == 0
    month = send(paper, "GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1M&limit=1").json
    assert time.gmtime(month[0][0] / 1000).tm_mday == 1
    assert send(paper, "GET", "/api/v3/klines", "symbol=BTCUSDT&interval=7m").code == -1120


def test_cancel_as_another_client(client, control, paper):
    """A cancel from elsewhere replaces the id, and our own cancel then finds nothing."""
    order = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "ours"})
    replaced = control.cancel("BTCUSDT", client_order_id="ours")
    assert client.fetch_order(order["id"], BTC)["clientOrderId"] == replaced
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(None, BTC, {"clientOrderId": "ours"})


def test_a_foreign_order_appears(client, control):
    """An order placed from elsewhere is an order of the account like any other."""
    control.place(
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.001",
            "price": "59000",
            "newClientOrderId": "web_1",
        }
    )
    assert [o["clientOrderId"] for o in client.fetch_open_orders(BTC)] == ["web_1"]


def test_reset_like_the_testnet(client, control, paper):
    """After a reset ids begin again, balances are the first ones, and keys still work."""
    first = place(paper).json["orderId"]
    control.reset()
    assert signed(paper, "GET", "/api/v3/order", symbol="BTCUSDT", orderId=first).code == -2013
    assert place(paper).json["orderId"] == first == 1
    assert D(client.fetch_balance()["USDT"]["total"]) == 10000
