"""The bare protocol of Redis over a socket file.

In the place of redis-py's connection, which takes three times as long for a command and is under
test elsewhere: nothing on this way fails, what gets lost is decided before.
"""

from __future__ import annotations

import socket
from typing import Any

from redis.exceptions import NoScriptError, ResponseError

#: What one look at the socket takes at most.
PAGE = 1 << 20


class QuickConnection:
    """Sends one command, reads one reply; what a Session needs of a connection."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._got = b""
        self._at = 0

    def send_command(self, *words: str | int) -> None:
        encoded = [str(word).encode() for word in words]
        parts = [b"*%d\r\n" % len(encoded)]
        parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded]
        self._socket.sendall(b"".join(parts))

    def read_response(self, timeout: float | None = None) -> Any:
        """Return the reply; raises ResponseError for an error."""
        self._got, self._at = b"", 0
        return self._read()

    def disconnect(self) -> None:
        self._socket.close()

    def _read(self) -> Any:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return None if rest == b"-1" else self._text(int(rest))
        if kind == b":":
            return int(rest)
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        text = rest.decode()
        if kind == b"-":
            raise (NoScriptError if text.startswith("NOSCRIPT") else ResponseError)(text)
        return text

    def _line(self) -> bytes:
        while (end := self._got.find(b"\r\n", self._at)) < 0:
            self._more()
        line, self._at = self._got[self._at : end], end + 2
        return line

    def _text(self, length: int) -> str:
        end = self._at + length
        while len(self._got) < end + 2:
            self._more()
        text, self._at = self._got[self._at : end].decode(), end + 2
        return text

    def _more(self) -> None:
        more = self._socket.recv(PAGE)
        if not more:
            raise ConnectionError("the simulation's Redis server is gone")
        self._got += more
