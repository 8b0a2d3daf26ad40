"""Signed requests over raw kept-alive connections, so that what is measured is the exchange.

Each connection has one request under way at a time. Requests are built and signed beforehand.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Sequence

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"Content-Length: "


def signed_order(port: int, query: str, key: str = "paper", secret: str = "paper") -> bytes:
    """Return a POST of an order as it goes over the wire."""
    query += f"&timestamp={time.time_ns() // 1_000_000}&recvWindow=60000"
    signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    body = f"{query}&signature={signature}"
    return (
        f"POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-MBX-APIKEY: {key}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection: the next request leaves when the last answer has come."""

    def __init__(self, requests: Sequence[bytes], done: asyncio.Future[None]) -> None:
        self.latencies_ms: list[float] = []
        self.refusals: list[str] = []
        self._requests = iter(requests)
        self._done = done
        self._answer = b""
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._done.set_result(None)
            return
        self._sent_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(_END_OF_HEAD)
        if not found:
            return
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self.latencies_ms.append((time.perf_counter() - self._sent_s) * 1000)
        if not head.startswith(b"HTTP/1.1 200"):
            self.refusals.append(body.decode(errors="replace"))
        self._answer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the exchange hung up"))


async def send_all(port: int, requests: Sequence[bytes], connections: int) -> list[Connection]:
    """Send every request over so many connections; return them when all answers are here."""
    loop = asyncio.get_running_loop()
    protocols, waiting = [], []
    for first in range(min(connections, len(requests))):
        done: asyncio.Future[None] = loop.create_future()
        mine = requests[first::connections]
        _, protocol = await loop.create_connection(
            lambda mine=mine, done=done: Connection(mine, done), "127.0.0.1", port
        )
        protocols.append(protocol)
        waiting.append(done)
    await asyncio.gather(*waiting)
    return protocols
