"""Market streams: subscriptions, and the pump that feeds them."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from functools import partial

import orjson
from aiohttp import WSMsgType, web

from workers.paper_exchange.control.stream_faults import StreamFaults
from workers.paper_exchange.market.candles import INTERVALS
from workers.paper_exchange.spot.venue import Venue

from .connection import Connection, Payload, open_connection, plain
from .feeds import Feeds

PREFIX = "/stream/"
_COMBINED = "/stream/stream"
_NAME = re.compile(
    r"^(?:!(?:ticker|miniTicker)@arr|[a-z0-9]+@(?:trade|aggTrade|bookTicker|ticker|miniTicker"
    r"|depth(?:5|10|20)?(?:@100ms|@1000ms)?|kline_(?:" + "|".join(INTERVALS) + r")))$"
)
#: Of one connection.
_MOST_STREAMS = 1024


class MarketStreams:
    """Knows who listens to which stream, and answers SUBSCRIBE and its kin."""

    def __init__(self, venue: Venue, faults: StreamFaults) -> None:
        self._faults = faults
        self._listeners: dict[str, dict[Connection, bool]] = defaultdict(dict)  # -> is combined
        self.feeds = Feeds(venue, self)

    # Listening

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        is_combined = request.path == _COMBINED
        connection, writer = await open_connection(request, self._faults)
        first = _named_in(request, is_combined)
        self._subscribe(connection, first, is_combined)
        try:
            async for message in connection.read():
                if message.type is WSMsgType.TEXT:
                    self._reply(connection, message.data, is_combined)
        finally:
            self._unsubscribe(connection, list(self._listeners))
            writer.cancel()
        return connection.socket

    def _reply(self, connection: Connection, text: str, is_combined: bool) -> None:
        try:
            message = orjson.loads(text)
            number, method = message.get("id"), message.get("method")
            names = message.get("params") or []
        except (orjson.JSONDecodeError, AttributeError):
            connection.send({"error": {"code": 3, "msg": "Invalid JSON"}})
            return
        if method in {"SUBSCRIBE", "UNSUBSCRIBE"} and not _are_streams(names):
            error = {"code": 2, "msg": "Invalid request: invalid stream"}
            connection.send({"error": error, "id": number})
            return
        result: object = None
        if method == "SUBSCRIBE":
            self._subscribe(connection, names, is_combined)
        elif method == "UNSUBSCRIBE":
            self._unsubscribe(connection, names)
        elif method == "LIST_SUBSCRIPTIONS":
            result = [name for name, who in self._listeners.items() if connection in who]
        else:
            error = {"code": 2, "msg": "Invalid request: unknown method"}
            connection.send({"error": error, "id": number})
            return
        connection.send({"result": result, "id": number})

    def _subscribe(self, connection: Connection, names: list[str], is_combined: bool) -> None:
        for name in names:
            self._listeners[name][connection] = is_combined
            self.feeds.begin(name)

    def _unsubscribe(self, connection: Connection, names: list[str]) -> None:
        for name in names:
            listeners = self._listeners.get(name, {})
            listeners.pop(connection, None)
            if not listeners:
                self._listeners.pop(name, None)
                self.feeds.end(name)

    def disconnect(self) -> int:
        """Hang up on every listener; return how many there were."""
        connections = {c for listeners in self._listeners.values() for c in listeners}
        for connection in connections:
            connection.disconnect()
        return len(connections)

    # Telling

    def has(self, name: str) -> bool:
        return name in self._listeners

    def is_idle(self) -> bool:
        return not self._listeners

    def names(self) -> list[str]:
        return list(self._listeners)

    def push(self, name: str, event: Payload) -> None:
        """Send an event to everybody who listens to the stream `name`."""
        for connection, is_combined in list(self._listeners.get(name, {}).items()):
            envelope = partial(_combined, name) if is_combined else plain
            connection.push("market", event, None, envelope)


def _combined(name: str, event: Payload) -> object:
    return {"stream": name, "data": event}


def _are_streams(names: object) -> bool:
    return (
        isinstance(names, list)
        and len(names) <= _MOST_STREAMS
        and all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
    )


def _named_in(request: web.BaseRequest, is_combined: bool) -> list[str]:
    """Return the streams that the address itself asks for."""
    if is_combined:
        names = request.query.get("streams", "").split("/")
    else:
        names = request.path.removeprefix(PREFIX).removeprefix("ws").split("/")
    return [name for name in names if _NAME.fullmatch(name)]


async def pump(streams: MarketStreams) -> None:
    """Feed what is sent by the clock: books each 100 ms, tickers and candles each second."""
    turn = 0
    while True:
        await asyncio.sleep(0.1)
        streams.feeds.push_books()
        turn += 1
        if turn % 10 == 0:
            streams.feeds.push_tickers()
            streams.feeds.push_candles()
