"""ccxt.pro's connection, tamed, against a server that does what no exchange should."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from aiohttp import WSMsgType, web

from engine.exchange.binance.spot_stream import SPOT_STREAM
from engine.exchange.client import ClientSettings
from engine.exchange.raw_answer import Reach
from engine.exchange.rows import Row
from engine.exchange.streams.connection import StreamConnection

KEY, SECRET = "the-public-part-of-the-key", "the-part-that-nobody-may-see"
EVENT = json.dumps(
    {"subscriptionId": 0, "event": {"e": "balanceUpdate", "E": 1, "a": "BTC", "d": 0.1, "T": 1}}
)

Scenario = Callable[["Ears", StreamConnection], Awaitable[None]]
Server = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Ears:
    """Writes down what the connection tells."""

    events: list[Row] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    frames: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_frame(self) -> None:
        self.frames += 1

    def on_event(self, event: Row) -> None:
        self.events.append(event)
        self.changed.set()

    def on_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self.changed.set()

    async def until(self, look: Callable[[], object]) -> None:
        while not look():
            await asyncio.wait_for(self.changed.wait(), 20)
            self.changed.clear()


def settings(port: int, **words: str) -> ClientSettings:
    return ClientSettings(
        exchange="binance",
        api_key=KEY,
        secret=SECRET,
        timeout_ms=1_000,
        recv_window_ms=5_000,
        base_url=f"http://127.0.0.1:{port}",
        **words,
    )


def connect(
    server: Server,
    scenario: Scenario,
    signing_time_ms: Callable[[], int] = int,
    **words: str,
) -> None:
    """Run a scenario on a connection to `server`; `words` are of its settings."""

    async def run() -> None:
        runner = web.ServerRunner(web.Server(server), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ears = Ears()
        connection = StreamConnection(
            settings(runner.addresses[0][1], **words),
            SPOT_STREAM,
            ears,
            ping_ms=1_000,
            signing_time_ms=signing_time_ms,
        )
        try:
            await asyncio.wait_for(scenario(ears, connection), 30)
        finally:
            await connection.close()
            await runner.cleanup()

    asyncio.run(run())


def saying(*texts: str | bytes, confirms: bool = True) -> Server:
    """Return a server that confirms a subscription and then says `texts`."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and confirms:
                said = {"id": json.loads(message.data)["id"], "status": 200}
                await socket.send_json(said | {"result": {"subscriptionId": 0}})
            for text in texts:
                await (
                    socket.send_bytes(text) if isinstance(text, bytes) else socket.send_str(text)
                )
        return socket

    return answer


def test_events_keep_their_order_and_their_digits() -> None:
    """Each event comes once, numbers exact, and ccxt's caches stay empty."""

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        untouched = dict(connection._ccxt.balance)
        answer = await connection.subscribe()
        assert (answer.status, answer.body) == (200, '{"subscriptionId": 0}')
        await ears.until(lambda: len(ears.events) == 3)
        assert [event["d"] for event in ears.events] == [Decimal("0.1")] * 3
        assert ears.lost == []
        assert connection._ccxt.balance == untouched

    connect(saying(EVENT, EVENT, EVENT), scenario)


@pytest.mark.parametrize(
    "junk",
    ["{not json", "[]", "7", '{"code": 1, "msg": "?"}', '{"event": 5}', b"\x00", '{"a": NaN}'],
)
def test_a_message_that_cannot_be_read_ends_the_stream(junk: str | bytes) -> None:
    """It is told at once, whatever comes behind it: nothing is passed over in silence."""

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        assert (await connection.subscribe()).is_ok
        await ears.until(lambda: ears.lost)
        assert len(ears.events) >= 1

    connect(saying(EVENT, junk), scenario)


def test_a_handshake_that_is_refused_keeps_its_status() -> None:
    """A ban shows itself in the handshake; its status and wait must reach the budget."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "7"})

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        said = await connection.subscribe()
        assert (said.status, said.headers["retry-after"]) == (429, "7")

    connect(answer, scenario)


def test_silence_after_the_handshake_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """It ends in time, and no failure is left for the event loop to complain about."""

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        said = await connection.subscribe()
        assert (said.status, said.failure) == (None, "no answer within 1000 ms")

    with caplog.at_level(logging.ERROR, logger="asyncio"):
        connect(saying(confirms=False), scenario)
        gc.collect()
    assert caplog.records == []


def test_a_request_that_cannot_be_signed_never_leaves() -> None:
    """Without the exchange's time nothing is sent, and the failure does not show the secret."""

    def no_time() -> int:
        raise ValueError(f"no time for {SECRET}")

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        said = await connection.subscribe()
        assert (said.status, said.failure) == (None, "ValueError: no time for ***")
        assert said.failed_before in {None, Reach.BUILT}

    connect(saying(), scenario, no_time)


def test_nobody_who_is_gone_is_waited_for() -> None:
    """The other side never says goodbye; closing ends all the same."""

    async def deaf(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        number = json.loads((await socket.receive()).data)["id"]
        await socket.send_json({"id": number, "status": 200, "result": {"subscriptionId": 0}})
        await asyncio.Event().wait()
        return socket

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        assert (await connection.subscribe()).is_ok
        await asyncio.wait_for(connection.close(), 8)

    connect(deaf, scenario)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription must not take a way that nobody configured."""
    for name in ("http_proxy", "HTTP_PROXY", "ws_proxy", "WS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        assert (await connection.subscribe()).is_ok

    connect(saying(), scenario)


def test_it_leaves_from_the_address_that_was_chosen() -> None:
    """The weight is counted for that address, so the connection must come from there."""
    seen: list[str | None] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.remote)
        return await saying()(request)

    async def scenario(ears: Ears, connection: StreamConnection) -> None:
        assert (await connection.subscribe()).is_ok

    connect(answer, scenario, source_address="127.0.0.2")
    assert seen == ["127.0.0.2"]


def test_it_goes_where_it_was_told() -> None:
    """The test network's own host, or one that keeps the exchange's layout."""
    for words, address in (
        ({"testnet": True, "base_url": None}, "wss://ws-api.testnet.binance.vision/ws-api/v3"),
        ({"testnet": False, "base_url": "https://a.example"}, "wss://a.example/ws-api/v3"),
    ):
        aimed = ClientSettings(
            exchange="binance", api_key=KEY, secret=SECRET, timeout_ms=1, recv_window_ms=1, **words
        )
        connection = StreamConnection(
            aimed, SPOT_STREAM, Ears(), ping_ms=1_000, signing_time_ms=int
        )
        assert connection.addresses["ws-api"]["spot"] == address
