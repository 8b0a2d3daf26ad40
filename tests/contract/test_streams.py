"""Streams through ccxt.pro and by hand: user events, market data, and what may go wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from tests.contract import clients
from tests.paper import PaperExchange
from tests.waiting import eventually

BTC = "BTC/USDT"
WAIT_S = 10.0


def with_pro(
    paper: PaperExchange, scenario: Callable[[Any], Awaitable[Any]], **options: Any
) -> Any:
    """Run a scenario with a ccxt.pro client and close it."""

    async def run() -> Any:
        client = ccxt.pro.binance(clients.options(paper) | options)
        try:
            await client.load_markets()
            return await asyncio.wait_for(scenario(client), WAIT_S)
        finally:
            await client.close()

    return asyncio.run(run())


class UserStream:
    """A user data stream by hand: raw events in the order in which they came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, kind: str = "executionReport") -> dict[str, Any]:
        """Return the next event of a kind."""
        while True:
            message = await self._socket.receive_json(timeout=WAIT_S)
            if "event" in message and message["event"]["e"] == kind:
                return message["event"]

    async def is_closed(self) -> bool:
        message = await self._socket.receive(timeout=WAIT_S)
        while message.type is aiohttp.WSMsgType.TEXT:
            message = await self._socket.receive(timeout=WAIT_S)
        return message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


def with_user_stream(
    paper: PaperExchange, scenario: Callable[[UserStream], Awaitable[None]]
) -> None:
    """Run a scenario on a subscribed raw stream."""

    async def run() -> None:
        signer = ccxt.pro.binance(clients.options(paper))
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{paper.ws_url}/ws-api/v3") as socket,
        ):
            method = "userDataStream.subscribe.signature"
            await socket.send_json({"id": "1", "method": method, "params": signer.sign_params()})
            answer = await socket.receive_json(timeout=WAIT_S)
            assert answer["status"] == 200
            assert answer["result"] == {"subscriptionId": 0}
            await asyncio.wait_for(scenario(UserStream(socket)), WAIT_S)
        await signer.close()

    asyncio.run(run())


LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.002",
    "price": "59000",
}


def test_orders_trades_and_balances_arrive(paper, control):
    """ccxt.pro hears of an order's fills and cancel, its trades, and the balances."""

    async def scenario(client):
        async def canceled():
            while True:
                for order in await client.watch_orders(BTC):
                    if order["status"] == "canceled":
                        return order

        waiting = [
            asyncio.create_task(canceled()),
            asyncio.create_task(client.watch_my_trades(BTC)),
            asyncio.create_task(client.watch_balance()),
        ]
        await asyncio.to_thread(wait_for_subscription, paper)
        order = await client.create_order(
            BTC, "limit", "buy", 0.002, 59000, {"clientOrderId": "heard"}
        )
        await asyncio.to_thread(control.fill, "BTCUSDT", client_order_id="heard", quantity="0.001")
        await client.cancel_order(order["id"], BTC)
        seen, trades, balance = await asyncio.gather(*waiting)
        assert seen["clientOrderId"] == "heard"
        assert seen["filled"] == 0.001
        assert trades[0]["order"] == order["id"]
        assert "USDT" in balance

    with_pro(paper, scenario)


def wait_for_subscription(paper: PaperExchange) -> None:
    """Wait until the exchange has a user stream listener."""
    name = "WS userDataStream.subscribe.signature"
    eventually(lambda: name in paper.control.stats()["requests"])


def test_execution_reports_have_every_field(paper, control):
    """NEW, TRADE and CANCELED reports carry ids, sums, fees and both client ids."""

    async def scenario(stream):
        control.place(LIMIT | {"newClientOrderId": "raw"})
        new = await stream.next()
        assert (new["x"], new["X"], new["c"], new["C"], new["w"]) == ("NEW", "NEW", "raw", "", True)
        control.fill("BTCUSDT", client_order_id="raw", quantity="0.0005")
        trade = await stream.next()
        assert (trade["x"], trade["X"]) == ("TRADE", "PARTIALLY_FILLED")
        assert (trade["l"], trade["z"], trade["L"]) == (
            "0.00050000",
            "0.00050000",
            "59000.00000000",
        )
        assert (trade["n"], trade["N"], trade["m"]) == ("0.00000050", "BTC", True)
        assert trade["t"] == control.trades()[0]["trade_id"]
        position = await stream.next("outboundAccountPosition")
        assert {b["a"] for b in position["B"]} == {"BTC", "USDT"}
        replaced = control.cancel("BTCUSDT", client_order_id="raw")
        canceled = await stream.next()
        assert (canceled["x"], canceled["C"], canceled["c"]) == ("CANCELED", "raw", replaced)
        control.deposit("USDT", "12.5")
        assert (await stream.next("balanceUpdate"))["d"] == "12.50000000"
        control.place(LIMIT | {"timeInForce": "IOC", "newClientOrderId": "ioc"})
        assert (await stream.next())["x"] == "NEW"
        expired = await stream.next()
        assert (expired["x"], expired["eR"]) == ("EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED")

    with_user_stream(paper, scenario)


def test_dropped_repeated_and_reordered_events(paper, control):
    """Stream faults lose an event, say one three times, and let one overtake another."""

    async def scenario(stream):
        control.add_stream_fault("drop", execution_type="NEW", client_order_id_prefix="a")
        control.place(LIMIT | {"newClientOrderId": "a1"})
        control.place(LIMIT | {"newClientOrderId": "b1"})
        assert (await stream.next())["c"] == "b1"
        control.add_stream_fault("repeat", event="executionReport", times=2)
        control.place(LIMIT | {"newClientOrderId": "b2"})
        assert [(await stream.next())["c"] for _ in range(3)] == ["b2"] * 3
        control.add_stream_fault("reorder", execution_type="TRADE")
        control.fill("BTCUSDT", client_order_id="b1", quantity="0.001")
        control.fill("BTCUSDT", client_order_id="b1", quantity="0.001")
        assert [(await stream.next())["X"] for _ in range(2)] == ["FILLED", "PARTIALLY_FILLED"]
        assert control.stream_fault_hits() == [1, 1, 1]

    control.clear_faults()
    with_user_stream(paper, scenario)


def test_delay_silence_and_disconnect(paper, control):
    """An event comes late, nothing comes for a while, and the connection ends."""

    async def scenario(stream):
        control.add_stream_fault("delay", execution_type="NEW", delay_ms=300)
        control.place(LIMIT | {"newClientOrderId": "late"})
        began_s = time.monotonic()
        assert (await stream.next())["c"] == "late"
        assert time.monotonic() - began_s > 0.1
        control.add_stream_fault("silence", event="executionReport", delay_ms=60_000)
        control.place(LIMIT | {"newClientOrderId": "silent1"})
        control.place(LIMIT | {"newClientOrderId": "silent2"})
        assert control.stream_fault_hits() == [1, 1]
        assert control.disconnect_streams() >= 1
        assert await stream.is_closed()

    control.clear_faults()
    with_user_stream(paper, scenario)


def test_a_disconnect_on_an_event(paper, control):
    """The connection can end in place of an event."""

    async def scenario(stream):
        control.add_stream_fault("disconnect", execution_type="TRADE")
        control.place(LIMIT | {"newClientOrderId": "cut"})
        control.fill("BTCUSDT", client_order_id="cut")
        assert await stream.is_closed()

    with_user_stream(paper, scenario)


def test_orders_over_the_websocket_api(paper, control):
    """order.place, order.status and order.cancel answer as REST does, refusals included."""

    async def scenario(client):
        order = await client.create_order_ws(
            BTC, "limit", "buy", 0.001, 59000, {"newClientOrderId": "ws1"}
        )
        assert order["status"] == "open"
        assert (await client.fetch_order_ws(order["id"], BTC))["clientOrderId"] == "ws1"
        assert [o["id"] for o in await client.fetch_open_orders_ws(BTC)] == [order["id"]]
        canceled = await client.cancel_order_ws(order["id"], BTC)
        assert canceled["status"] == "canceled"
        with pytest.raises(ccxt.InsufficientFunds):
            await client.create_order_ws(BTC, "limit", "buy", 5, 59000, {"newClientOrderId": "w"})
        assert await client.fetch_my_trades_ws(BTC) == []

    with_pro(paper, scenario)
    assert [o["client_order_ids"][0] for o in control.orders()] == ["ws1"]


def test_requests_by_hand_over_the_websocket_api(paper, control):
    """Public methods need no key; limits are told; nonsense is answered, not hung up on."""

    async def run():
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{paper.ws_url}/ws-api/v3") as socket,
        ):
            await socket.send_json({"id": 7, "method": "time"})
            answer = await socket.receive_json(timeout=WAIT_S)
            assert (answer["id"], answer["status"]) == (7, 200)
            assert answer["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"
            await socket.send_json({"id": 8, "method": "no.such.method"})
            assert (await socket.receive_json(timeout=WAIT_S))["status"] == 400
            await socket.send_str("[nonsense")
            assert (await socket.receive_json(timeout=WAIT_S))["error"]["code"] == -1135
            params = {"symbol": "BTCUSDT", "orderId": 1, "apiKey": "paper"}
            await socket.send_json({"id": 9, "method": "order.status", "params": params})
            assert (await socket.receive_json(timeout=WAIT_S))["error"]["code"] == -1102

    asyncio.run(run())


def test_market_streams(paper, control):
    """ccxt.pro follows trades, tickers, best prices, the book and candles of a moving market."""

    async def scenario(client):
        async def move():
            while True:
                await asyncio.to_thread(control.advance)
                await asyncio.sleep(0.02)

        moving = asyncio.create_task(move())
        try:
            for _ in range(3):
                trades = await client.watch_trades(BTC)
                assert trades[-1]["amount"] > 0
                best = (await client.watch_bids_asks([BTC]))[BTC]
                assert best["bid"] < best["ask"]
                book = await client.watch_order_book(BTC)
                assert book["bids"][0][0] < book["asks"][0][0]
            assert (await client.watch_ticker(BTC))["last"] > 0
            while not (await client.watch_ohlcv(BTC, "1s"))[-1][5] > 0:
                pass  # A second in which nothing traded yet
            await client.un_watch_trades(BTC)
        finally:
            moving.cancel()

    with_pro(paper, scenario)


def test_a_followed_book_equals_the_book(paper, control):
    """A book kept up by differences is, in the end, the book that a query gives."""

    async def scenario(client):
        await client.watch_order_book(BTC)
        await asyncio.to_thread(control.advance, 3)
        asks = [(60100, "0.5"), (60200, 1)]
        await asyncio.to_thread(control.set_book, "BTCUSDT", [(60000, "0.25")], asks)
        while True:
            book = await client.watch_order_book(BTC)
            if [list(level) for level in book["asks"]] == [[60100, 0.5], [60200, 1]]:
                break
        assert [list(level) for level in book["bids"]] == [[60000, 0.25]]

    with_pro(paper, scenario)


def test_combined_streams_and_wrong_names(paper, control):
    """/stream/stream wraps events with their stream; an unknown stream is refused."""

    async def run():
        url = f"{paper.ws_url}/stream/stream?streams=btcusdt@trade/btcusdt@depth5"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            first = await socket.receive_json(timeout=WAIT_S)
            assert first["stream"] == "btcusdt@depth5"
            assert set(first["data"]) == {"lastUpdateId", "bids", "asks"}
            await socket.send_json({"id": 1, "method": "SUBSCRIBE", "params": ["btc@nothing"]})
            assert (await socket.receive_json(timeout=WAIT_S))["error"]["code"] == 2
            await socket.send_json({"id": 2, "method": "LIST_SUBSCRIPTIONS"})
            listed = await socket.receive_json(timeout=WAIT_S)
            assert set(listed["result"]) == {"btcusdt@trade", "btcusdt@depth5"}

    asyncio.run(run())


def test_market_stream_faults(paper, control):
    """Market events can be lost as well, user events being untouched by the rule."""

    async def run():
        control.add_stream_fault("drop", stream="market", event="trade")
        url = f"{paper.ws_url}/stream/ws/btcusdt@trade"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_json({"id": 1, "method": "LIST_SUBSCRIPTIONS"})
            await socket.receive_json(timeout=WAIT_S)
            await asyncio.to_thread(control.set_price, "BTCUSDT", 60001)
            await asyncio.to_thread(control.set_price, "BTCUSDT", 60002)
            event = await socket.receive_json(timeout=WAIT_S)
            assert event["p"] == "60002.00000000"

    control.clear_faults()
    asyncio.run(run())
