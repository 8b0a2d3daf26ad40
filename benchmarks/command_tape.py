"""What a Redis server was told and when, by its own clock. It slows the server down a little."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from tests.waiting import eventually

#: +1795367228.037488 [0 127.0.0.1:39092] "EVALSHA" …
_LINE = re.compile(r"\+?(\d+\.\d+) \[\d+ \S+\] (.*)")
CATCH_UP_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Said:
    """One command, those that a script gave included."""

    at_s: float  # Seconds since the epoch
    words: str


class CommandTape:
    """Records every command of one server while the block lasts."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._said: list[Said] = []
        self._thread = threading.Thread(target=self._record, daemon=True)

    def first(self, wanted: Callable[[str], bool], *, after_s: float) -> Said:
        """Return the first command of this kind since then; StopIteration when there is none."""
        return next(said for said in self._said if said.at_s >= after_s and wanted(said.words))

    def catch_up(self) -> None:
        """Wait until all that was said until now is on the tape: servers tick more often."""
        now_s = time.time()
        eventually(
            lambda: self._said and self._said[-1].at_s >= now_s, timeout_s=CATCH_UP_TIMEOUT_S
        )

    def _record(self) -> None:
        self._socket.sendall(b"MONITOR\r\n")
        with suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                found = _LINE.match(line.decode("latin-1"))
                if found:
                    self._said.append(Said(at_s=float(found[1]), words=found[2]))

    def __enter__(self) -> CommandTape:
        self._thread.start()
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
