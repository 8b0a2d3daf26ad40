"""ccxt.pro's connection to one user stream, tamed: every event is ours before ccxt sees it.

ccxt merges events into caches and loses, reorders and collapses them on the way. Here it
connects, signs, subscribes, pings and reads frames; of the messages it gets only the answers to
its own requests. Asynchronous; one event loop, one subscription, used once.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from aiohttp import ClientSession, TCPConnector, WSMsgType, WSServerHandshakeError

from engine.exchange.ccxt_class import load_stream_class
from engine.exchange.client import ClientSettings, configuration, direct
from engine.exchange.failures import describe_failure, iterate_causes
from engine.exchange.masking import mask
from engine.exchange.raw_answer import RawAnswer, Reach, Unreadable, parse_json
from engine.exchange.rows import Row, as_row
from engine.exchange.streams.dialect import StreamDialect

#: How long the other side may take to say goodbye.
GOODBYE_S = 1.0


class Listener(Protocol):
    """Who is told what happens on the connection."""

    def on_frame(self) -> None:
        """Anything came, a pong included."""
        ...

    def on_event(self, event: Row) -> None: ...

    def on_lost(self, reason: str) -> None:
        """Nothing will come any more; may be told more than once."""
        ...


class StreamConnection:
    """Subscribes once and passes on what comes. Never raises for what went wrong."""

    def __init__(
        self,
        settings: ClientSettings,
        dialect: StreamDialect,
        listener: Listener,
        *,
        ping_ms: int,
        signing_time_ms: Callable[[], int],
    ) -> None:
        self._secrets = (settings.api_key, settings.secret)
        self._timeout_ms = settings.timeout_ms
        self._dialect = dialect
        self._listener = listener
        self._answer: RawAnswer | None = None
        self._has_begun = False
        self._connections: list[Any] = []
        self._ccxt = _build_ccxt(settings, ping_ms, self, signing_time_ms)

    @property
    def addresses(self) -> Any:
        """Return ccxt's table of WebSocket addresses."""
        return self._ccxt.urls["api"]["ws"]

    async def subscribe(self) -> RawAnswer:
        """Connect and subscribe; return what is known of the answer."""
        try:
            async with asyncio.timeout(self._timeout_ms / 1_000):
                await self._dialect.subscribe(self._ccxt)
        except TimeoutError:
            return self._answer or RawAnswer(failure=f"no answer within {self._timeout_ms} ms")
        except Exception as error:  # noqa: BLE001 - whatever escaped, nobody listens
            # A listen key that was given is no stream yet
            is_refusal = self._answer is not None and not self._answer.is_ok
            return self._answer if self._answer and is_refusal else self._failed(error)
        return self._answer or RawAnswer(failure="no answer was seen")

    async def close(self) -> None:
        """Hang up; one that does not answer any more is not waited for."""
        for connection in self._connections:
            socket = connection.connection
            if socket is not None and not socket.closed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE_S):
                        await socket.close()
        await self._ccxt.close()

    # ---- what ccxt tells ---------------------------------------------------------------------

    def adopt(self, connection: Any) -> None:
        """Look at each frame of a new connection of ccxt's before it does."""
        connection.handle_message = partial(self._on_frame, connection.handle_message)
        connection.future = partial(_quiet, connection.future)
        self._connections.append(connection)
        self._has_begun = True

    def remember(self, status: int, headers: Mapping[str, str], body: str) -> None:
        """Keep an HTTP answer that belongs to the subscription, as it came."""
        lowered = {name.lower(): value for name, value in headers.items()}
        self._answer = RawAnswer(status=status, headers=lowered, body=body)

    def check_key(self, listen_key: str | None) -> None:
        """Give the stream up when ccxt could not extend its key: it would fall silent."""
        if listen_key is None:
            self.lose("the listen key could not be extended")

    def lose(self, error: object) -> None:
        said = describe_failure(error) if isinstance(error, BaseException) else str(error)
        self._listener.on_lost(mask(said, self._secrets))

    def _on_frame(self, pass_on: Callable[[Any], None], frame: Any) -> None:
        self._listener.on_frame()
        try:
            if frame.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                self._on_message(partial(pass_on, frame), frame.data)
            else:
                pass_on(frame)
        except Exception as error:  # noqa: BLE001 - ccxt would stop reading and tell nobody
            self.lose(error)

    def _on_message(self, pass_on: Callable[[], None], body: Any) -> None:
        if not isinstance(body, str):
            raise Unreadable("a message that is not text")
        message = as_row(parse_json(body))
        event = self._dialect.find_event(message)
        if event is not None:
            self._listener.on_event(event)
            return
        self._answer = self._dialect.read_answer(message)
        pass_on()

    def _failed(self, error: BaseException) -> RawAnswer:
        for cause in iterate_causes(error):
            if isinstance(cause, WSServerHandshakeError):
                headers = {name.lower(): value for name, value in (cause.headers or {}).items()}
                return RawAnswer(status=cause.status, headers=headers)
        failure = mask(describe_failure(error), self._secrets)
        return RawAnswer(failed_before=None if self._has_begun else Reach.BUILT, failure=failure)


def _quiet(make: Callable[[str], asyncio.Future[Any]], name: str) -> asyncio.Future[Any]:
    """Return ccxt's future, whose failure asyncio must not print when nobody waits for it."""
    future = make(name)
    future.add_done_callback(lambda done: None if done.cancelled() else done.exception())
    return future


def _bound_connector(source_address: str, cafile: str) -> TCPConnector:
    """Open connections from one of this machine's addresses, trusting whom ccxt trusts."""
    local_address = (source_address, 0)  # Any port
    return TCPConnector(local_addr=local_address, ssl=ssl.create_default_context(cafile=cafile))


def _build_ccxt(
    settings: ClientSettings,
    ping_ms: int,
    owner: StreamConnection,
    signing_time_ms: Callable[[], int],
) -> Any:
    stream_class = load_stream_class(settings.exchange)

    class Listening(stream_class):  # type: ignore[misc, valid-type]  # chosen at run time
        """The exchange's client; we see its connections before it uses them."""

        session: Any

        def open(self, lazy: bool = False) -> None:
            if settings.source_address is not None and self.session is None:
                self.tcp_connector = _bound_connector(settings.source_address, self.cafile)
                self.session = ClientSession(connector=self.tcp_connector)
            super().open(lazy)

        def client(self, url: str) -> Any:
            is_new = url not in self.clients
            connection = super().client(url)
            if is_new:
                owner.adopt(connection)
            return connection

        def on_error(self, connection: Any, error: Any) -> None:
            super().on_error(connection, error)
            owner.lose(error)

        def on_close(self, connection: Any, code: Any) -> None:
            super().on_close(connection, code)
            owner.lose(f"the exchange hung up with code {code}")

        def on_rest_response(
            self, code: int, reason: Any, url: Any, method: Any, headers: Any, body: str, *_: Any
        ) -> str:
            owner.remember(code, headers, body)
            return body.strip()

        async def keep_alive_listen_key(self, params: Any = MappingProxyType({})) -> None:
            await super().keep_alive_listen_key(dict(params))
            owner.check_key(self.options.get("linear", {}).get("listenKey"))

        def nonce(self) -> int:
            return signing_time_ms()

    words = configuration(settings)
    # Pings are ccxt's, judging silence is ours: by any frame, on a clock that never jumps
    words["options"] |= {"ws": {"keepAlive": ping_ms, "maxPingPongMisses": float("inf")}}
    client = Listening(words)
    direct(client, settings)
    client.timeout_on_exit = 0  # A reconnect should not wait for a courtesy
    return client
