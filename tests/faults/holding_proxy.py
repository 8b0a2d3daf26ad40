"""A wire between a worker and its Redis on which a script can be held at an exact place.

While it is held the worker hangs between two of its steps, and the test can do to it what it
likes: kill it, stop it, or let it go on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from typing import BinaryIO

from engine.store.scripts import load_script


class Place(StrEnum):
    """Where the wire holds."""

    BEFORE = "before"  #: The server has not seen the request
    AFTER = "after"  #: The server did it, its reply is on the way


class HoldingProxy:
    """Passes bytes on; holds one run of a script when told to."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._wanted: tuple[str, Place] | None = None
        self._lock = threading.Lock()
        self.is_held = threading.Event()
        self._go_on = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

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
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # A server that is away hangs up on the client, too
        with suppress(OSError), closing(client), self._connect() as server:
            requests, replies = client.makefile("rb"), server.makefile("rb")
            with requests, replies:
                while self._pass_on(client, server, requests, replies):
                    pass

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server_port))

    def _pass_on(
        self,
        client: socket.socket,
        server: socket.socket,
        requests: BinaryIO,
        replies: BinaryIO,
    ) -> bool:
        request = _read_value(requests)
        if self._is_wanted(request, Place.BEFORE):
            self._wait()
        if not request or _is_gone(client):
            return False
        server.sendall(request)
        reply = _read_value(replies)
        if not reply.startswith(b"-") and self._is_wanted(request, Place.AFTER):
            self._wait()
        client.sendall(reply)
        return bool(reply)

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


def _read_value(stream: BinaryIO) -> bytes:
    """Return one value of the Redis protocol as its bytes; nothing at the end."""
    line = stream.readline()
    if line[:1] == b"$" and line[1:2] != b"-":
        return line + stream.read(int(line[1:]) + 2)
    if line[:1] == b"*" and line[1:2] != b"-":
        return line + b"".join(_read_value(stream) for _ in range(int(line[1:])))
    return line


@contextmanager
def holding_proxy(server_port: int) -> Iterator[HoldingProxy]:
    proxy = HoldingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
