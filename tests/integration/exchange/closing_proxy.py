"""A wire to an exchange whose connections the other side can end while they are idle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class ClosingProxy:
    """Passes bytes on and counts the connections that were opened."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self.opened = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def end_connections(self) -> None:
        """End every connection as an exchange does that has seen it idle for long."""
        for client in self._open:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self.end_connections()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.opened += 1
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._open.append(client)
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=pass_on, args=ends, daemon=True).start()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def closing_proxy(server_port: int) -> Iterator[ClosingProxy]:
    proxy = ClosingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
