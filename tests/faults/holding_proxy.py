"""A wire between a worker and its Redis on which a script can be held at an exact place.

While it is held the worker hangs between two of its steps, and the test can do to it what it
likes: kill it, stop it, or let it go on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from engine.store.scripts import load_script
from tests.lockstep import Link, LockstepProxy, read_redis


class Place(StrEnum):
    """Where the wire holds."""

    BEFORE = "before"  #: The server has not seen the request
    AFTER = "after"  #: The server did it, its reply is on the way


class HoldingProxy(LockstepProxy):
    """Passes messages on; holds one run of a script when told to."""

    def __init__(self, server_port: int) -> None:
        self._wanted: tuple[str, Place] | None = None
        self._lock = threading.Lock()
        self.is_held = threading.Event()
        self._go_on = threading.Event()
        super().__init__(server_port, read_redis)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def hold(self, script: str, place: Place) -> None:
        """Hold the next run of the script at this place."""
        self.is_held.clear()
        self._go_on.clear()
        self._wanted = (script, place)

    def release(self) -> None:
        """Let what is held go on; where its client is gone, the server still gets it."""
        self._wanted = None
        self._go_on.set()

    def close(self) -> None:
        self.release()
        super().close()

    def carry_request(self, link: Link, request: bytes) -> bool:
        if self._is_wanted(request, Place.BEFORE):
            self._wait()
        if _is_gone(link.client):
            return False
        return super().carry_request(link, request)

    def carry_reply(self, link: Link, request: bytes, reply: bytes) -> bool:
        if not reply.startswith(b"-") and self._is_wanted(request, Place.AFTER):
            self._wait()
        return super().carry_reply(link, request, reply)

    def _is_wanted(self, request: bytes, place: Place) -> bool:
        """Tell whether this is to be held; only one request is."""
        with self._lock:
            if self._wanted is None or self._wanted[1] is not place:
                return False
            script = load_script(self._wanted[0])
            if script.sha.encode() not in request and script.text.encode() not in request:
                return False
            self._wanted = None
            return True

    def _wait(self) -> None:
        self.is_held.set()
        self._go_on.wait(60)


def _is_gone(client: socket.socket) -> bool:
    """Tell whether the client has closed the connection, or its process died."""
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        client.setblocking(True)


@contextmanager
def holding_proxy(server_port: int) -> Iterator[HoldingProxy]:
    proxy = HoldingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
