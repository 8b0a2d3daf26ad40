"""Testnet and live, to the letter: which request leaves for which host with which parameters.

Nothing leaves this machine: see detour.py. The answers are the paper exchange's, which refuses a
wrong signature; the order itself is real to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from engine.config.accounts import AccountSettings
from engine.config.execution import ExecutionSettings
from engine.config.stream import StreamSettings
from engine.domain.fill import Side
from engine.domain.identity import cancel_id
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.report import CancelDone, Placed
from engine.exchange.client import Client, ClientSettings
from engine.exchange.dialect import Endpoint, Request
from engine.exchange.factory import build_gateway, build_user_stream
from engine.exchange.gateway import CcxtGateway
from engine.ports import Cost
from engine.system import SystemClock, SystemRandom
from tests.builders import build_order, build_terms
from tests.integration.exchange.detour import Detour, Left, detour, no_way_out
from tests.paper import PaperControl, PaperExchange
from tests.unit.exchange.open_budget import OpenBudget
from tests.unit.exchange.unshared import share_nothing

pytestmark = pytest.mark.integration
KEY, SECRET = "a-key-of-ones-own", "the-part-that-nobody-may-see"
RECV, WORD = {"recvWindow": "5000"}, {"symbol": "BTCUSDT"}

#: (market type, live) -> where REST, the key's rights and the user stream are.
HOSTS = {
    ("spot", False): (
        "https://testnet.binance.vision",
        "https://testnet.binance.vision",
        "wss://ws-api.testnet.binance.vision/ws-api/v3",
    ),
    ("spot", True): (
        "https://api.binance.com",
        "https://api.binance.com",
        "wss://ws-api.binance.com:443/ws-api/v3",
    ),
    ("swap", False): (
        "https://demo-fapi.binance.com",
        "https://demo-fapi.binance.com",
        "wss://fstream.binancefuture.com/private/ws",
    ),
    ("swap", True): (
        "https://fapi.binance.com",
        "https://api.binance.com",
        "wss://fstream.binance.com/private/ws",
    ),
}


@dataclass
class Scene:
    """A gateway that believes to speak to the exchange itself."""

    gateway: CcxtGateway
    way: Detour
    market_type: str
    live: bool

    @property
    def symbol(self) -> str:
        return "BTC/USDT" if self.market_type == "spot" else "BTC/USDT:USDT"

    def act(self, act: Callable[[CcxtGateway], Any]) -> tuple[Any, list[Left]]:
        """Do something; return what came of it, and what left for it."""
        self.way.left.clear()
        result = act(self.gateway)
        return result, list(self.way.left)

    def check(self, act: Callable[[CcxtGateway], Any], *expected: tuple[str, str, Any]) -> Any:
        """Compare all that leaves with method, path and words; return the result."""
        result, left = self.act(act)
        for request, (method, path, words) in zip(left, expected, strict=True):
            host = HOSTS[self.market_type, self.live][path.startswith("/sapi")]
            assert (request.method, request.url, request.words) == (method, host + path, words)
            check_signature(request)
        return result


def check_signature(request: Left) -> None:
    """Ours where something is signed; no key where nothing is."""
    if "recvWindow" not in request.words:
        assert "X-MBX-APIKEY" not in request.headers
        return
    assert request.is_signed_with(SECRET)
    assert request.headers["X-MBX-APIKEY"] == KEY
    assert abs(int(request.parameters["timestamp"]) - SystemClock().now_ms()) < 60_000


def account_settings(market_type: str, live: bool) -> AccountSettings:
    words = {"name": "mine", "market_type": market_type, "api_key": KEY, "secret": SECRET}
    margin = {} if market_type == "spot" else {"margin_mode": "isolated"}
    return AccountSettings.model_validate({**words, **margin, "live" if live else "testnet": True})


def gateway_of(market_type: str, live: bool) -> CcxtGateway:
    return build_gateway(
        account_settings(market_type, live),
        ExecutionSettings(recv_window_ms=5_000),
        endpoint=None,
        budget_for=lambda abilities, now_ms: OpenBudget(),
        answers=share_nothing(),
        clock=SystemClock(),
        random=SystemRandom(),
    )


@contextmanager
def build_scene(
    running: PaperExchange,
    control: PaperControl,
    monkeypatch: pytest.MonkeyPatch,
    market_type: str,
    live: bool,
) -> Iterator[Scene]:
    """Give a gateway with money, and nothing but loopback within reach."""
    money = {"USDT": 1_000_000}
    control.open_account(KEY, SECRET, 4_000_001, money, futures_balances=money)
    control.futures.reset()
    control.futures.set_price("BTCUSDT", 60_000)
    with detour(monkeypatch, running.base_url) as way:
        gateway = gateway_of(market_type, live)
        gateway.measure_clock()
        yield Scene(gateway, way, market_type, live)
        gateway.close()


@pytest.fixture(params=list(HOSTS), ids=lambda one: f"{one[0]} {'live' if one[1] else 'testnet'}")
def scene(
    request: pytest.FixtureRequest,
    running: PaperExchange,
    control: PaperControl,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    """Each market on each of the two."""
    with build_scene(running, control, monkeypatch, *request.param) as built:
        yield built


@pytest.fixture(params=[False, True], ids=["testnet", "live"])
def futures(
    request: pytest.FixtureRequest,
    running: PaperExchange,
    control: PaperControl,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    """Futures alone, on each of the two."""
    with build_scene(running, control, monkeypatch, "swap", request.param) as built:
        yield built


def claimed(scene: Scene, **terms: Any) -> Order:
    """Return an order, a limit if nothing else is said, as its claim writes it."""
    terms = {"symbol": scene.symbol, "quantity": 1, "price": 50_000} | terms
    return replace(
        build_order(terms=build_terms(**terms), request_key=f"{scene.market_type} {scene.live}"),
        status=OrderStatus.SUBMITTED,
        attempt=1,
        nonce="nonce",
        signed_at_ms=scene.gateway.exchange_now_ms(),
        recv_window_ms=5_000,
    )


def test_the_life_of_an_order(scene: Scene) -> None:
    """Placed with its claim's time, asked for, listed, and cancelled, by our own id."""
    spot = scene.market_type == "spot"
    path = "/api/v3/order" if spot else "/fapi/v1/order"
    order = claimed(scene)
    placing = {
        **WORD,
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "1",
        "price": "50000",
        "timeInForce": "GTC",
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT",
    }
    answer = scene.check(lambda one: one.submit(order), ("POST", path, placing | RECV))
    assert isinstance(answer, Placed)
    assert scene.way.left[0].parameters["timestamp"] == str(order.signed_at_ms)
    number = answer.report.exchange_order_id
    placed = replace(order, exchange_order_id=number)

    own = {"origClientOrderId": order.client_order_id}
    name = order.client_order_id
    found = scene.check(
        lambda one: one.find_order(scene.symbol, client_order_id=name, lane=Lane.POLL),
        ("GET", path, WORD | own | RECV),
    )
    assert found.exchange_order_id == number
    plain = ("GET", "/api/v3/openOrders" if spot else "/fapi/v1/openOrders", WORD | RECV)
    conditional = ("GET", "/fapi/v1/openAlgoOrders", {"algoType": "CONDITIONAL"} | WORD | RECV)
    opened = scene.check(
        lambda one: one.load_open_orders(scene.symbol, Lane.POLL),
        *([plain] if spot else [conditional, plain]),
    )
    assert [one.client_order_id for one in opened] == [order.client_order_id]
    trades = "/api/v3/myTrades" if spot else "/fapi/v1/userTrades"
    page = {"fromId": "0"}  # Else only the newest of its trades would come
    fills = scene.check(
        lambda one: one.load_fills(scene.symbol, exchange_order_id=number, lane=Lane.POLL),
        ("GET", trades, WORD | page | {"orderId": number, "limit": "1000"} | RECV),
    )
    assert fills == ()
    renamed = {"newClientOrderId": cancel_id(name)} if spot else {}
    ended = scene.check(
        lambda one: one.cancel(placed),
        ("DELETE", path, WORD | own | renamed | {"orderId": number} | RECV),
    )
    assert isinstance(ended, CancelDone)


def test_a_stop_of_a_contract_has_a_service_of_its_own(futures: Scene) -> None:
    """Conditional orders of futures go by clientAlgoId, and never by the order endpoint."""
    order = claimed(
        futures, side=Side.SELL, order_type=OrderType.STOP, price=None, trigger_price=50_000
    )
    placing = {
        **WORD,
        "algoType": "CONDITIONAL",
        "side": "SELL",
        "type": "STOP_MARKET",
        "quantity": "1",
        "triggerPrice": "50000",
        "workingType": "CONTRACT_PRICE",
        "clientAlgoId": order.client_order_id,
        "newOrderRespType": "RESULT",
    }
    request = ("POST", "/fapi/v1/algoOrder", placing | RECV)
    assert isinstance(futures.check(lambda one: one.submit(order), request), Placed)


def test_the_account_and_the_market(scene: Scene) -> None:
    """Time, rules, whose key, what it may do, what it holds."""
    spot = scene.market_type == "spot"
    rest = "/api/v3" if spot else "/fapi/v1"
    time, rules = ("GET", f"{rest}/time", {}), ("GET", f"{rest}/exchangeInfo", {})
    # A connection that may have to be opened first is asked twice; only the second is measured
    scene.check(lambda one: one.load_server_time_ms(Lane.POLL), time, time)
    own_rights = "/api/v3/account" if spot else "/fapi/v1/accountConfig"
    rights = ("GET", "/sapi/v1/account/apiRestrictions" if scene.live else own_rights, RECV)
    assert scene.check(lambda one: one.load_permissions(), rights).can_trade
    listed = scene.check(lambda one: one.load_instruments(), rules)
    assert scene.symbol in {one.symbol for one in listed}
    holder = [("GET", "/fapi/v3/balance", RECV), ("GET", "/fapi/v3/account", RECV)]
    questions = [("GET", "/api/v3/account", RECV)] if spot else holder
    held = scene.check(lambda one: one.load_balances(Lane.POLL), *questions)
    assert held.assets["USDT"].total == 1_000_000


def test_leverage_and_margin_are_set_by_their_own_requests(futures: Scene) -> None:
    """Mode and settings are asked, then each that differs is set, before the order is sent."""
    order = build_order(
        terms=build_terms(symbol=futures.symbol, quantity=1, price=50_000, leverage=7)
    )
    _, left = futures.act(lambda one: one.prepare_submit(order, nonce="nonce"))
    host = HOSTS["swap", futures.live][0]
    asked = [(one.method, one.url.removeprefix(host), one.words) for one in left]
    assert [one for one in asked if not one[1].endswith("/time")] == [
        ("GET", "/fapi/v1/accountConfig", RECV),
        ("GET", "/fapi/v1/leverageBracket", WORD | RECV),
        ("GET", "/fapi/v1/symbolConfig", WORD | RECV),
        ("POST", "/fapi/v1/marginType", WORD | {"marginType": "ISOLATED"} | RECV),
        ("POST", "/fapi/v1/leverage", WORD | {"leverage": "7"} | RECV),
    ]
    for one in left:
        check_signature(one)


def test_the_user_stream_is_the_accounts_own(
    scene: Scene, running: PaperExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spot signs a subscription on the WebSocket API; futures gets a listen key first."""
    settings = account_settings(scene.market_type, scene.live)
    stream = build_user_stream(
        settings,
        ExecutionSettings(recv_window_ms=5_000),
        StreamSettings(),
        endpoint=None,
        gateway=gateway_of(scene.market_type, scene.live),
        clock=SystemClock(),
    )
    scene.way.left.clear()

    async def listen() -> None:
        await stream.open()
        await stream.close()

    asyncio.run(listen())
    rest, _, socket_url = HOSTS[scene.market_type, scene.live]
    sockets = [one.url for one in scene.way.left if one.method == "WS"]
    assert [url.startswith(socket_url) for url in sockets] == [True]
    posts = [one.url for one in scene.way.left if one.method == "POST"]
    assert posts == ([] if scene.market_type == "spot" else [f"{rest}/fapi/v1/listenKey"])


def test_without_the_detour_nothing_gets_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard itself: a client of the exchange's own host does not even ask for its address."""
    client = Client(
        ClientSettings(
            exchange="binance",
            api_key=KEY,
            secret=SECRET,
            timeout_ms=2_000,
            recv_window_ms=5_000,
        ),
        lambda: 1,
    )
    endpoint = Endpoint(api="public", method="GET", path="time", cost=Cost(weight=1))
    with (
        pytest.raises(AssertionError, match=r"tried to reach .*api\.binance\.com"),
        no_way_out(monkeypatch),
    ):
        assert client.send(Request(endpoint=endpoint)).status is None
    client.close()
