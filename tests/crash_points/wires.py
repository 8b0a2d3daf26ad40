"""The wires of one worker, to the store and to the exchange, with one count for both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import engine.store.scripts
from engine.store.scripts import load_script
from tests.lockstep import Link, LockstepProxy, ReadMessage, read_http, read_redis


class Direction(StrEnum):
    REQUEST = "request"
    REPLY = "reply"


#: How the names of scripts, commands and requests begin that only look.
QUESTIONS = (
    *("find_", "load_", "list_", "is_", "GET", "HGET", "HMGET", "HVALS", "LRANGE"),
    *("CLIENT", "SELECT", "INFO"),
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of the worker's life."""

    number: int  # From 1, over both wires
    direction: Direction
    what: str  # "claim", "RPUSH", "POST /api/v3/order"

    @property
    def is_question(self) -> bool:
        """Tell whether it changes nothing at the other end."""
        return self.what.startswith(QUESTIONS)

    def __str__(self) -> str:
        return f"{self.number} {self.direction} {self.what}"


@dataclass(kw_only=True)
class Moment:
    """The message that was waited for, in the hands of whoever decides what becomes of it.

    A message that is not passed on when the decision returns is lost, and its connection ends.
    """

    message: Message
    data: bytes
    link: Link
    is_passed: bool = False

    @property
    def end(self) -> socket.socket:
        """Where the message is going."""
        is_request = self.message.direction is Direction.REQUEST
        return self.link.server if is_request else self.link.client

    @property
    def is_of_exchange(self) -> bool:
        return " /" in self.message.what  # A method and a path

    def pass_on(self) -> None:
        """Let the message reach its end."""
        self.end.sendall(self.data)
        self.is_passed = True


#: Decides what becomes of a message; called in a thread of the wire's.
Decision = Callable[[Moment], None]


class Wires:
    """Two wires that count every message, and hand the k-th one over."""

    def __init__(self, store_port: int, exchange_port: int) -> None:
        self._lock = threading.Lock()
        self._at = 0
        self._decide: Decision | None = None
        self._is_counting = False
        self.messages: list[Message] = []  # Since `arm`, until the k-th
        self.decided = threading.Event()  # The k-th came, and all was done about it
        self._store = _CountingProxy(self, store_port, read_redis, describe_command)
        self._exchange = _CountingProxy(self, exchange_port, read_http, describe_request)

    @property
    def store_url(self) -> str:
        """Return the server's address without a database."""
        return f"redis://127.0.0.1:{self._store.port}"

    @property
    def exchange_url(self) -> str:
        return f"http://127.0.0.1:{self._exchange.port}"

    def arm(self, at: int, decide: Decision) -> None:
        """Count from now on, and hand the message number `at` over; 0: count only."""
        with self._lock:
            self.messages, self._at, self._decide = [], at, decide
            self._is_counting = True
            self.decided.clear()

    def disarm(self) -> None:
        """Pass everything on from now on, uncounted."""
        with self._lock:
            self._is_counting = False

    def close(self) -> None:
        self.disarm()
        self._store.close()
        self._exchange.close()

    def carry(self, link: Link, direction: Direction, what: str, data: bytes) -> bool:
        """Pass a message on, or do with it what was decided; False ends its connection."""
        decide, moment = self._count(link, direction, what, data)
        if decide is None:
            moment.pass_on()
            return True
        try:
            decide(moment)
        finally:
            self.decided.set()
        return moment.is_passed

    def _count(
        self, link: Link, direction: Direction, what: str, data: bytes
    ) -> tuple[Decision | None, Moment]:
        with self._lock:
            number = len(self.messages) + 1
            message = Message(number=number, direction=direction, what=what)
            moment = Moment(message=message, data=data, link=link)
            if not self._is_counting:
                return None, moment
            self.messages.append(message)
            if number != self._at:
                return None, moment
            self._is_counting = False
            return self._decide, moment


class _CountingProxy(LockstepProxy):
    def __init__(
        self,
        wires: Wires,
        server_port: int,
        read: ReadMessage,
        describe: Callable[[bytes], str],
    ) -> None:
        self._wires = wires
        self._describe = describe
        super().__init__(server_port, read)

    def carry_request(self, link: Link, request: bytes) -> bool:
        return self._wires.carry(link, Direction.REQUEST, self._describe(request), request)

    def carry_reply(self, link: Link, request: bytes, reply: bytes) -> bool:
        what = self._describe(request)
        return bool(reply) and self._wires.carry(link, Direction.REPLY, what, reply)


def describe_command(request: bytes) -> str:
    """Return the command, or the name of the script that it runs."""
    words = request.split(b"\r\n")[2:5:2]
    command = words[0].decode(errors="replace").upper()
    if command == "EVALSHA":
        return _script_names().get(words[1].decode(), command)
    return command


def describe_request(request: bytes) -> str:
    """Return method and path."""
    method, _, rest = request.partition(b" ")
    path = rest.split(b" ")[0].split(b"?")[0]
    return f"{method.decode(errors='replace')} {path.decode(errors='replace')}"


@cache
def _script_names() -> dict[str, str]:
    folder = Path(engine.store.scripts.__file__).parent / "lua"
    names = [path.stem for path in folder.glob("[!_]*.lua")]
    return {load_script(name).sha: name for name in names}
