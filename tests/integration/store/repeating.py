"""A client that runs every script twice and compares: same answer, same data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.store.client import RedisClient, Session, Word


class RepeatingSession(Session):
    """Sends each script a second time with the same arguments."""

    def ask(self, *command: Word, timeout_s: float | None = None) -> Any:
        answer = super().ask(*command, timeout_s=timeout_s)
        if command[0] not in {"EVALSHA", "EVAL"}:
            return answer
        before = self._dump()
        again = super().ask(*command)
        assert again == answer, f"the same script answered {answer!r}, then {again!r}"
        assert self._dump() == before, "the same script changed something the second time"
        return answer

    def _dump(self) -> dict[str, Any]:
        """Return all that the server holds; a set has no order, nor has a hash."""
        names = super().ask("KEYS", "*")
        return {name: self._contents(name) for name in names}

    def _contents(self, name: str) -> Any:
        kind = super().ask("TYPE", name)
        command = {
            "string": ("GET", name),
            "hash": ("HGETALL", name),
            "set": ("SMEMBERS", name),
            "zset": ("ZRANGE", name, 0, -1, "WITHSCORES"),
            "list": ("LRANGE", name, 0, -1),
            "stream": ("XRANGE", name, "-", "+"),
        }[kind]
        found = super().ask(*command)
        if kind == "hash":
            return dict(zip(found[::2], found[1::2], strict=True))
        return set(found) if kind == "set" else found


class RepeatingClient(RedisClient):
    """A client whose sessions repeat."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        with super().session() as session:
            yield RepeatingSession(session._connection, session._place)
