"""Everything that a Redis server is told, in the order in which it was told."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.redis_server import RedisServer
from tests.waiting import eventually

#: One word of a command as MONITOR writes it, escapes and all.
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}
_RESULT_KEY = "celery-task-meta-"

Command = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A task as it was published."""

    task_id: str
    task: str
    queue: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_chord_header: bool
    text: str  # All of it, the body decoded


class RedisTape:
    """Records every command of every client of one server: messages, results, events."""

    def __init__(self, server: RedisServer) -> None:
        self.commands: list[Command] = []
        self._server = server
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._thread = threading.Thread(target=self._record, daemon=True)

    def messages(self, task: str = "", account: str = "") -> list[Message]:
        """Return the tasks that were published: all, or those of one name, of one account."""
        pushed = [_read_message(c) for c in self.commands if _is_message(c)]
        return [
            message
            for message in pushed
            if task in ("", message.task) and account in ("", *message.args[:1])
        ]

    def results(self) -> dict[str, dict[str, Any]]:
        """Return the last result that was stored of each task, by its id."""
        return {
            command[1].removeprefix(_RESULT_KEY): json.loads(command[-1])
            for command in self.commands
            if command[0].upper() in {"SET", "SETEX"} and command[1].startswith(_RESULT_KEY)
        }

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of one kind that workers and callers told."""
        told = [
            event
            for command in self.commands
            if command[0].upper() == "PUBLISH" and "celeryev" in command[1]
            for event in _read_events(command[-1])
        ]
        return [event for event in told if event["type"] == kind]

    def text(self) -> str:
        """Return all that was said, with the encoded bodies of messages readable as well."""
        said = [" ".join(command) for command in self.commands]
        return "\n".join([*said, *(message.text for message in self.messages())])

    def catch_up(self) -> None:
        """Wait until everything that was said so far is on the tape."""
        mark = f"mark-{len(self.commands)}"
        with self._server.client() as client:
            client.echo(mark)
        eventually(lambda: any(mark in command for command in self.commands[-1_000:]))

    def _record(self) -> None:
        self._socket.sendall(b"MONITOR\r\n")
        with suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                words = tuple(_decode(word) for word in _WORD.findall(line.decode("latin-1")))
                if words:
                    self.commands.append(words)

    def __enter__(self) -> RedisTape:
        self._thread.start()
        self.commands.append(("START",))
        self.catch_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()


def _decode(word: str) -> str:
    """Return the word itself, without the escapes of MONITOR."""
    plain = _ESCAPE.sub(lambda escape: _unescape(escape[1]), word)
    return plain.encode("latin-1").decode("utf-8", "replace")


def _unescape(name: str) -> str:
    return chr(int(name[1:], 16)) if name[0] == "x" else _CONTROL.get(name, name)


def _is_message(command: Command) -> bool:
    """Tell a task from the replies to control commands, which travel the same way."""
    return command[0].upper() == "LPUSH" and '"root_id"' in command[-1]


def _read_message(command: Command) -> Message:
    envelope = json.loads(command[-1])
    body = base64.b64decode(envelope["body"]).decode()
    args, kwargs, embedded = json.loads(body)
    headers = envelope["headers"]
    return Message(
        task_id=headers["id"],
        task=headers["task"],
        queue=command[1],
        args=tuple(args),
        kwargs=kwargs,
        is_chord_header=bool(embedded["chord"]),
        text=f"{body} {json.dumps(headers)}",
    )


def _read_events(text: str) -> list[dict[str, Any]]:
    """Return the events of one publication: one, or a group of them."""
    envelope = json.loads(text)
    told = json.loads(base64.b64decode(envelope["body"]))
    return told if isinstance(told, list) else [told]
