"""A wire between a client and Redis that can be cut at an exact place."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum


class Cut(StrEnum):
    BEFORE = "before"  #: The request never reaches the server
    AFTER = "after"  #: The server did it, its reply is lost


#: How a write looks on the wire; questions pass.
_WRITES = (b"EVALSHA", b"EVAL\r\n", b"\r\nSET\r\n")


class CuttingProxy:
    """Passes bytes on; the next write after `arm` loses its request or its reply."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._armed: Cut | None = None
        self.writes = 0  # Requests that reached the server
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def arm(self, cut: Cut) -> None:
        self._armed = cut
        self.writes = 0

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._server_port))
        with closing(client), closing(server), suppress(OSError):
            while True:
                request = _read_value(client)
                is_write = any(word in request[:200] for word in _WRITES)
                cut, self._armed = (self._armed, None) if is_write else (None, self._armed)
                if cut is Cut.BEFORE:
                    return
                self.writes += is_write
                server.sendall(request)
                reply = _read_value(server)
                if cut is Cut.AFTER:
                    return
                client.sendall(reply)


def _read_value(sock: socket.socket) -> bytes:
    """Return one value of the Redis protocol as its bytes."""
    line = _read_line(sock)
    if line[:1] == b"$" and line[1:2] != b"-":
        return line + _read_exactly(sock, int(line[1:]) + 2)
    if line[:1] == b"*" and line[1:2] != b"-":
        return line + b"".join(_read_value(sock) for _ in range(int(line[1:])))
    return line


def _read_line(sock: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise OSError("the other side has gone")
        line += byte
    return line


def _read_exactly(sock: socket.socket, size: int) -> bytes:
    chunks = b""
    while len(chunks) < size:
        chunk = sock.recv(size - len(chunks))
        if not chunk:
            raise OSError("the other side has gone")
        chunks += chunk
    return chunks


@contextmanager
def cutting_proxy(server_port: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
