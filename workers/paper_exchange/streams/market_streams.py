"""Market streams: subscriptions, and the pump that feeds them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from workers.paper_exchange.control.stream_faults import StreamFaults
from workers.paper_exchange.market.marketplace import Marketplace

from .connection import Connection, Payload, open_connection, plain
from .kinds import StreamKind

#: Of one connection.
_MOST_STREAMS = 1024


class MarketStreams:
    """Knows who listens to which stream, and answers SUBSCRIBE and its kin."""

    def __init__(
        self, venue: Marketplace[Any, Any], faults: StreamFaults, kind: StreamKind
    ) -> None:
        self._faults = faults
        self._kind = kind
        self._listeners: dict[str, dict[Connection, bool]] = defaultdict(dict)  # -> is combined
        self.feeds = kind.make_feeds(venue, self)

    # Listening

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        is_combined = request.path.endswith("/stream")
        connection, writer = await open_connection(request, self._faults)
        first = self._named_in(request, is_combined)
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
        if method in {"SUBSCRIBE", "UNSUBSCRIBE"} and not self._are_streams(names):
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

    def _are_streams(self, names: object) -> bool:
        return (
            isinstance(names, list)
            and len(names) <= _MOST_STREAMS
            and all(isinstance(name, str) and self._kind.names.fullmatch(name) for name in names)
        )

    def _named_in(self, request: web.BaseRequest, is_combined: bool) -> list[str]:
        """Return the streams that the address itself asks for."""
        text = request.query.get("streams", "") if is_combined else request.path
        return [name for name in text.split("/") if self._kind.names.fullmatch(name)]

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


async def pump(streams: MarketStreams) -> None:
    """Feed what is sent by the clock: books each 100 ms, tickers and candles each second."""
    turn = 0
    while True:
        await asyncio.sleep(0.1)
        if streams.is_idle():
            continue
        streams.feeds.push_books()
        turn += 1
        if turn % 10 == 0:
            streams.feeds.push_by_the_second()
