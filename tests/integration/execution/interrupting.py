"""A store that does something else just before its k-th command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.bootstrap import Engine
from engine.store.client import RedisClient, Session, Word
from tests.desk import Desk


class _Session(Session):
    before: Callable[[], None]

    def ask(self, *command: Word, timeout_s: float | None = None) -> Any:
        self.before()
        return super().ask(*command, timeout_s=timeout_s)


class InterruptedClient(RedisClient):
    """Counts its commands; runs `act` before number `at`, once."""

    sent = 0
    at = 0
    act: Callable[[], object]

    def _before(self) -> None:
        self.sent += 1
        if self.sent == self.at:
            self.act()

    @contextmanager
    def session(self) -> Iterator[Session]:
        with super().session() as lent:
            interrupted = _Session(lent._connection, lent._place)
            interrupted.before = self._before
            yield interrupted


@contextmanager
def interrupted_engine(
    desk: Desk, at: int = 0, act: Callable[[], object] = lambda: None
) -> Iterator[tuple[Engine, InterruptedClient]]:
    """Yield another process's engine, whose store is interrupted before command number `at`."""
    engine = desk.build_engine()
    client = InterruptedClient(desk.engine.settings.state_address())
    client.at, client.act = at, act
    engine.store.close()
    engine.store.client = client
    try:
        yield engine, client
    finally:
        engine.close()
