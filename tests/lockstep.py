"""A wire between clients and one server that passes whole messages: a request, then its reply.

Who derives from it decides what becomes of each message.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import BinaryIO

#: Reads one whole message; what is left of one at the end of the stream.
ReadMessage = Callable[[BinaryIO], bytes]


@dataclass(frozen=True)
class Link:
    """One connection of a client, and the one to the server that stands behind it."""

    client: socket.socket
    server: socket.socket


class LockstepProxy:
    """Listens on a port of its own and passes every message on."""

    def __init__(self, server_port: int, read: ReadMessage) -> None:
        self._server_port = server_port
        self._read = read
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def carry_request(self, link: Link, request: bytes) -> bool:
        """Pass a request on; False ends the connection."""
        link.server.sendall(request)
        return True

    def carry_reply(self, link: Link, request: bytes, reply: bytes) -> bool:
        """Pass a reply on, which is empty where the server hung up; False ends the connection."""
        link.client.sendall(reply)
        return bool(reply)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # A server that is away hangs up on the client, too
        with suppress(OSError), closing(client), self._connect() as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client.makefile("rb") as requests, server.makefile("rb") as replies:
                link = Link(client, server)
                while self._pass_on(link, requests, replies):
                    pass

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server_port))

    def _pass_on(self, link: Link, requests: BinaryIO, replies: BinaryIO) -> bool:
        request = self._read(requests)
        if not request or not self.carry_request(link, request):
            return False
        return self.carry_reply(link, request, self._read(replies))


def read_redis(stream: BinaryIO) -> bytes:
    """Return one value of the Redis protocol as its bytes; nothing at the end."""
    line = stream.readline()
    if line[:1] == b"$" and line[1:2] != b"-":
        return line + stream.read(int(line[1:]) + 2)
    if line[:1] == b"*" and line[1:2] != b"-":
        return line + b"".join(read_redis(stream) for _ in range(int(line[1:])))
    return line


def read_http(stream: BinaryIO) -> bytes:
    """Return one HTTP/1.1 request or response as its bytes; nothing at the end."""
    head = b""
    while line := stream.readline():
        head += line
        if line == b"\r\n":
            break
    fields = dict(_field(line) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return head + _read_chunks(stream)
    if b"content-length" in fields:
        return head + stream.read(int(fields[b"content-length"]))
    ends_with_connection = head.startswith(b"HTTP/") and head[9:12] not in {b"204", b"304"}
    return head + (stream.read() if ends_with_connection else b"")


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip().lower()


def _read_chunks(stream: BinaryIO) -> bytes:
    body = b""
    while line := stream.readline():
        body += line
        size = int(line.split(b";")[0] or b"0", 16)
        body += stream.read(size + 2)
        if size == 0:
            break
    return body
