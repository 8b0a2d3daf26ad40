"""Exact requests: what would leave for an exchange is written down and answered on loopback.

Gateways and streams are built for the exchange's own hosts. One step before the socket each
request is written down as it is, signed and complete, and carried to a paper exchange instead,
which checks the signature. Whatever else would leave this machine is refused by `no_way_out`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession
from requests import PreparedRequest
from requests.adapters import HTTPAdapter

from engine.exchange.urls import move_urls

#: Differs each time; its value is checked by itself.
TIMES = frozenset({"timestamp", "startTime", "endTime"})
SIGNATURE = "signature"


@dataclass(frozen=True)
class Left:
    """One request as it would have left."""

    method: str
    url: str  # Without the query
    parameters: dict[str, str]
    headers: dict[str, str]
    signed_text: str  # What the signature is of

    @property
    def words(self) -> dict[str, str]:
        """The parameters that are the same each time."""
        return {
            name: value
            for name, value in self.parameters.items()
            if name not in TIMES and name != SIGNATURE
        }

    def is_signed_with(self, secret: str) -> bool:
        made = hmac.new(secret.encode(), self.signed_text.encode(), hashlib.sha256).hexdigest()
        return self.parameters.get(SIGNATURE) == made


@dataclass
class Detour:
    """Where requests go instead, and all that have left."""

    base_url: str
    left: list[Left] = field(default_factory=list)

    def write_down(self, method: str, url: str, body: str | None, headers: Any) -> str:
        """Write the request down; return its address at the paper exchange."""
        parts = urlsplit(url)
        text = parts.query or body or ""
        bare = url.partition("?")[0]
        self.left.append(
            Left(
                method=method,
                url=bare,
                parameters=dict(parse_qsl(text)),
                headers=dict(headers or {}),
                signed_text=text.partition(f"&{SIGNATURE}=")[0],
            )
        )
        moved: str = move_urls({"one": bare}, self.base_url)["one"]
        return f"{moved}?{parts.query}" if parts.query else moved


@contextmanager
def detour(monkeypatch: pytest.MonkeyPatch, base_url: str) -> Iterator[Detour]:
    """Carry every request of requests and aiohttp to `base_url`, whatever its host."""
    way = Detour(base_url)
    send, connect, ask = HTTPAdapter.send, ClientSession.ws_connect, ClientSession._request

    def sent(adapter: HTTPAdapter, request: PreparedRequest, **words: Any) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        assert request.method is not None
        assert request.url is not None
        request.url = way.write_down(request.method, request.url, body, request.headers)
        return send(adapter, request, **words)

    def connected(session: ClientSession, url: str, **words: Any) -> Any:
        return connect(session, way.write_down("WS", str(url), None, {}), **words)

    async def asked(session: ClientSession, method: str, url: Any, **words: Any) -> Any:
        if urlsplit(str(url)).hostname == urlsplit(base_url).hostname:
            return await ask(session, method, url, **words)  # The handshake of a socket
        body = words.get("data")
        text = body.decode() if isinstance(body, bytes) else body
        moved = way.write_down(method, str(url), text, words.get("headers"))
        return await ask(session, method, moved, **words)

    monkeypatch.setattr(HTTPAdapter, "send", sent)
    monkeypatch.setattr(ClientSession, "ws_connect", connected)
    monkeypatch.setattr(ClientSession, "_request", asked)
    with no_way_out(monkeypatch):
        yield way


@contextmanager
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Refuse to look up any name and to connect to any address but loopback's; then fail."""
    tried: list[object] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def check(host: object) -> None:
        if not _is_loopback(host):
            tried.append(host)
            raise OSError(f"{host} is not on this machine")

    def connected(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])
        return connect(self, address)

    def looked_up(host: Any, *more: Any, **words: Any) -> Any:
        check(host)
        return look_up(host, *more, **words)

    monkeypatch.setattr(socket.socket, "connect", connected)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    yield tried
    assert not tried, f"tried to reach {tried}"


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
