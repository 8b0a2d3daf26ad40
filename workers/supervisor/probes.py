"""How to see that a process answers."""

from __future__ import annotations

import asyncio
import http.client
import socket
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable

from engine.errors import BrokerUnavailable
from engine.store.embedded import EmbeddedServer, is_ready

TIMEOUT_S = 2.0

Probe = Callable[[int], Awaitable[bool]]

#: Straight to the address: a proxy of the user's has no business on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def server_probe(server: EmbeddedServer) -> Probe:
    """Ask a Redis server of our own."""

    async def probe(pid: int) -> bool:
        return await asyncio.to_thread(is_ready, server, pid)

    return probe


def http_probe(url: str) -> Probe:
    """Ask a web server for a page."""

    async def probe(pid: int) -> bool:
        return await asyncio.to_thread(answers, url)

    return probe


def celery_probe(node: str) -> Probe:
    """Ask a Celery worker or beat by its node name, over the broker."""

    async def probe(pid: int) -> bool:
        return await asyncio.to_thread(_pings, f"{node}@{socket.gethostname()}")

    return probe


def answers(url: str) -> bool:
    """Return whether the address answers with success."""
    try:
        with _OPENER.open(url, timeout=TIMEOUT_S) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except (OSError, ValueError, http.client.HTTPException):  # Anything may speak on the port
        return False


def _pings(node: str) -> bool:
    # Imported when the stores answer: Celery's settings name their addresses
    from tasks.app import app
    from tasks.broker_faults import asking

    try:
        with asking(app):
            return bool(app.control.inspect(destination=[node], timeout=1.0).ping())
    except BrokerUnavailable:
        return False
