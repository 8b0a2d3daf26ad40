"""Futures user streams: connections that a listen key opened."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from workers.paper_exchange.control.stream_faults import StreamFaults
from workers.paper_exchange.futures.events import UserEvent
from workers.paper_exchange.futures.venue import Venue

from .connection import Connection, open_connection, plain
from .futures_user_events import rendered

_PRIVATE = "/fstream/private/"
_PLAIN = "/fstream/ws/"
#: Letters of a listen key; names of market streams are shorter.
_KEY_LENGTH = 64


def listen_key_in(request: web.BaseRequest) -> str | None:
    """Return the listen key that an address names, None when it is about market streams."""
    if request.path.startswith(_PRIVATE):
        return request.query.get("listenKey", request.path.rpartition("/")[2])
    last = request.path.removeprefix(_PLAIN)
    is_key = request.path.startswith(_PLAIN) and len(last) == _KEY_LENGTH and last.isalnum()
    return last if is_key else None


class FuturesUserStreams:
    """Sends the events of an account to every connection that its live key opened.

    A connection whose key has expired stays open and hears nothing more.
    """

    def __init__(self, venue: Venue, faults: StreamFaults) -> None:
        self._venue = venue
        self._faults = faults
        self._connections: dict[Connection, str] = {}  # -> listen key
        venue.key_listeners.append(self._tell_expired)

    async def answer(self, request: web.BaseRequest, key: str) -> web.StreamResponse:
        connection, writer = await open_connection(request, self._faults)
        self._connections[connection] = key
        try:
            async for _ in connection.read():
                pass
        finally:
            self._connections.pop(connection, None)
            writer.cancel()
        return connection.socket

    def publish(self, events: Iterable[UserEvent]) -> None:
        """Push events to whoever holds the live keys of their accounts."""
        if not self._connections:
            return
        for event in events:
            listeners = self._of(self._venue.listen_keys.live(event.uid))
            message = rendered(event) if listeners else {}
            for connection in listeners:
                connection.push("user", message, event.uid, plain)

    def _of(self, key: str | None) -> list[Connection]:
        return [c for c, held in self._connections.items() if held == key]

    def _tell_expired(self, key: str, at_ms: int) -> None:
        for connection in self._of(key):
            connection.send({"e": "listenKeyExpired", "E": at_ms, "listenKey": key})

    def disconnect(self) -> int:
        """Hang up on every listener; return how many there were."""
        for connection in list(self._connections):
            connection.disconnect()
        return len(self._connections)
