"""The user and market streams of futures, through ccxt.pro and by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from tests.contract import clients
from tests.contract.raw import place_future, send, signed
from tests.paper import PaperExchange

BTC = "BTC/USDT:USDT"
WAIT_S = 30.0
_AT_MARKET = {"type": "MARKET", "timeInForce": None, "price": None}


def _listen_key(paper: PaperExchange) -> str:
    return str(send(paper, "POST", "/fapi/v1/listenKey", key="paper").json["listenKey"])


class _Stream:
    """A user stream by hand: raw events in the order in which they came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, kind: str = "") -> dict[str, Any]:
        """Return the next event, or the next of a kind."""
        while True:
            message = await self._socket.receive_json(timeout=WAIT_S)
            if kind in {"", message["e"]}:
                return message

    async def kinds(self, count: int) -> list[str]:
        return [(await self.next())["e"] for _ in range(count)]


def _with_stream(
    paper: PaperExchange, scenario: Callable[[_Stream], Awaitable[None]], path: str = ""
) -> None:
    """Run a scenario on a raw user stream of the default account."""
    address = paper.ws_url + (path or f"/fstream/ws/{_listen_key(paper)}")

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
            await asyncio.wait_for(scenario(_Stream(socket)), WAIT_S)

    asyncio.run(run())


async def _tell(function: Callable[..., Any], *args: Any, **words: Any) -> Any:
    return await asyncio.to_thread(function, *args, **words)


def test_a_fill_is_told_three_ways(paper, futures):
    """NEW, then for the trade: the short word, what it did to the account, and the order."""

    async def scenario(stream: _Stream) -> None:
        await _tell(place_future, paper, **_AT_MARKET, newClientOrderId="in")
        new = await stream.next()
        assert (new["e"], new["o"]["x"], new["o"]["c"]) == ("ORDER_TRADE_UPDATE", "NEW", "in")
        assert (await stream.next())["e"] == "TRADE_LITE"
        account = (await stream.next())["a"]
        (wallet,), (position,) = account["B"], account["P"]
        assert (account["m"], position["pa"], position["ps"]) == ("ORDER", "0.01", "BOTH")
        assert D(wallet["wb"]) == futures.wallet() == D(10_000) - D("0.3000005")
        traded = (await stream.next())["o"]
        assert (traded["x"], traded["X"], traded["t"]) == (
            "TRADE",
            "FILLED",
            futures.trades()[-1]["trade_id"],
        )
        assert (traded["n"], traded["N"], traded["rp"]) == ("0.30000050", "USDT", "0.00000000")

    _with_stream(paper, scenario)


def test_settings_and_deposits_are_told(paper, futures):
    """Leverage is a word of its own; a deposit tells the wallet and its change only."""

    async def scenario(stream: _Stream) -> None:
        wanted = {"symbol": "BTCUSDT", "leverage": 7}
        await _tell(signed, paper, "POST", "/fapi/v1/leverage", **wanted)
        assert (await stream.next("ACCOUNT_CONFIG_UPDATE"))["ac"] == {"s": "BTCUSDT", "l": 7}
        await _tell(futures.deposit, "USDT", "12.5")
        account = (await stream.next("ACCOUNT_UPDATE"))["a"]
        assert (account["m"], account["P"]) == ("DEPOSIT", [])
        (wallet,) = account["B"]
        assert (D(wallet["wb"]), D(wallet["bc"])) == (D("10012.5"), D("12.5"))

    _with_stream(paper, scenario)


def test_an_expired_key_falls_silent(paper, futures):
    """After listenKeyExpired the connection stays and hears nothing; a new key hears again."""

    async def scenario(stream: _Stream) -> None:
        await _tell(futures.expire_listen_keys)
        assert (await stream.next())["e"] == "listenKeyExpired"
        await _tell(place_future, paper, newClientOrderId="unheard")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.next(), 0.3)

    _with_stream(paper, scenario)
    assert send(paper, "PUT", "/fapi/v1/listenKey", key="paper").code == -1125

    async def again(stream: _Stream) -> None:
        await _tell(futures.cancel, "BTCUSDT", client_order_id="unheard")
        assert (await stream.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "CANCELED"

    _with_stream(paper, again)


def test_a_live_key_is_given_again(paper, futures):
    """POST returns the live key, also after a restart of the exchange, until it is closed."""
    key = _listen_key(paper)
    assert _listen_key(paper) == key
    assert send(paper, "PUT", "/fapi/v1/listenKey", key="paper").json == {"listenKey": key}
    assert send(paper, "DELETE", "/fapi/v1/listenKey", key="paper").json == {}
    assert _listen_key(paper) != key


@pytest.mark.parametrize(
    ("action", "expected"),
    [("drop", ["CANCELED"]), ("repeat", ["NEW", "NEW", "CANCELED"])],
)
def test_stream_faults_strike_futures_too(paper, futures, action, expected):
    """A rule finds its event by order, execution type and client id, inside the event."""
    rule = {"event": "ORDER_TRADE_UPDATE", "execution_type": "NEW", "client_order_id_prefix": "x"}
    futures.add_stream_fault(action, **rule)

    async def scenario(stream: _Stream) -> None:
        await _tell(place_future, paper, newClientOrderId="x1")
        await _tell(futures.cancel, "BTCUSDT", client_order_id="x1")
        told = [(await stream.next("ORDER_TRADE_UPDATE"))["o"]["x"] for _ in expected]
        assert told == expected

    _with_stream(paper, scenario)


def test_a_trigger_is_told_step_by_step(paper, futures):
    """NEW, TRIGGERING, TRIGGERED with the child's id, the child's own events, FINISHED."""
    stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET"}
    stop |= {"quantity": "0.01", "triggerPrice": "61000", "clientAlgoId": "stop"}

    async def scenario(stream: _Stream) -> None:
        await _tell(signed, paper, "POST", "/fapi/v1/algoOrder", **stop)
        await _tell(futures.set_price, "BTCUSDT", 61500)
        told = []
        while not told or told[-1] != ("FINISHED", "1"):
            message = await stream.next()
            if message["e"] == "ALGO_UPDATE":
                told.append((message["o"]["X"], message["o"]["ai"]))
            elif message["e"] == "ORDER_TRADE_UPDATE":
                told.append((message["o"]["x"], message["o"]["i"]))
        assert told == [
            ("NEW", ""),
            ("TRIGGERING", ""),
            ("NEW", 1),
            ("TRIGGERED", "1"),
            ("TRADE", 1),
            ("FINISHED", "1"),
        ]

    _with_stream(paper, scenario)


def test_a_liquidation_is_told_to_its_account_and_to_all(paper, futures):
    """First a margin call, then the exchange's own order as CALCULATED, and forceOrder for all."""

    async def everybody(stream: _Stream) -> None:
        await _tell(futures.deposit, "USDT", "-9700")
        await _tell(place_future, paper, **_AT_MARKET | {"quantity": "0.09"})
        told = await _told_to_account(paper, futures)
        assert told["call"]["p"][0]["s"] == "BTCUSDT"
        assert told["order"]["c"].startswith("autoclose-")
        forced = (await stream.next("forceOrder"))["o"]
        assert (forced["s"], forced["S"], D(forced["z"])) == ("BTCUSDT", "SELL", D("0.09"))

    _with_stream(paper, everybody, "/fstream/market/ws/btcusdt@forceOrder")


async def _told_to_account(paper: PaperExchange, futures: Any) -> dict[str, Any]:
    """Let the mark price fall; return the margin call, and the order that closed the position."""
    address = f"{paper.ws_url}/fstream/private/ws?listenKey={await _tell(_listen_key, paper)}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        stream, told = _Stream(socket), {}
        await _tell(futures.set_mark_price, "BTCUSDT", 56950)
        told["call"] = await stream.next("MARGIN_CALL")
        await _tell(futures.set_mark_price, "BTCUSDT", 56000)
        while told.get("order", {}).get("x") != "CALCULATED":
            told["order"] = (await stream.next("ORDER_TRADE_UPDATE"))["o"]
        return told


def _with_pro(paper: PaperExchange, scenario: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run a scenario with a ccxt.pro client of futures and close it."""

    async def run() -> Any:
        client = ccxt.pro.binanceusdm(clients.futures_options(paper))
        try:
            await client.load_markets()
            return await asyncio.wait_for(scenario(client), WAIT_S)
        finally:
            await client.close()

    return asyncio.run(run())


def test_ccxt_pro_watches_orders_and_balances(paper, futures):
    """ccxt.pro opens a listen key by itself and hears of orders and trades."""

    async def scenario(client: Any) -> None:
        watching = asyncio.create_task(client.watch_orders(BTC))
        orders: list[dict[str, Any]] = []
        number = 0
        while not orders:
            number += 1
            await _tell(place_future, paper, newClientOrderId=f"w{number}")
            done, _ = await asyncio.wait({watching}, timeout=0.5)
            orders = watching.result() if done else []
        assert orders[-1]["clientOrderId"].startswith("w")
        assert orders[-1]["status"] == "open"

    _with_pro(paper, scenario)


def test_ccxt_pro_watches_markets(paper, futures):
    """Books, trades, candles and mark prices arrive under the urls that ccxt.pro makes."""

    async def scenario(client: Any) -> None:
        async def move() -> None:
            while True:
                await _tell(futures.advance)
                await asyncio.sleep(0.1)

        mover = asyncio.create_task(move())
        try:
            book = await client.watch_order_book(BTC)
            assert book["bids"][0][0] < book["asks"][0][0]
            assert (await client.watch_bids_asks([BTC]))[BTC]["bid"]
            assert (await client.watch_trades(BTC))[-1]["price"]
            assert (await client.watch_ohlcv(BTC, "1m"))[-1][4]
            assert (await client.watch_mark_price(BTC))["markPrice"]
        finally:
            mover.cancel()

    _with_pro(paper, scenario)
