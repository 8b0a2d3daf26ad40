"""A stream listener beside a desk, in a thread of its own: the real one, with a real stream."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from types import TracebackType

from engine.config import StreamSettings
from engine.domain.stream import StreamHealth
from tests.desk import Desk
from tests.process import ServiceProcess
from tests.waiting import eventually
from workers.listening.account import AccountListener

#: A connection on a busy machine.
PATIENCE_S = 30.0
#: Short enough for tests that wait for another leader or another connection.
QUICK = StreamSettings(lease_ms=1_500, reconnect_first_ms=50, reconnect_longest_ms=200)


def listener_process(desk: Desk, name: str, **environ: str) -> ServiceProcess:
    """Return a real listener for the desk's account, not started; `environ` changes settings."""
    inherited = {key: word for key, word in os.environ.items() if not key.startswith("AUGUSTAN")}
    settings = {
        "AUGUSTAN_CONFIG": str(desk.config_path),
        "AUGUSTAN__STREAM__LEASE_MS": str(QUICK.lease_ms),
        "AUGUSTAN__STREAM__RECONNECT_FIRST_MS": str(QUICK.reconnect_first_ms),
    }
    command = [sys.executable, "-m", "workers.stream_listener", name]
    return ServiceProcess(name, command, inherited | settings | environ, desk.config_path.parent)


class Ear:
    """Listens from `with` to its end; what it asks others to do comes into the desk's list."""

    def __init__(
        self, desk: Desk, owner: str = "ear", settings: StreamSettings = QUICK, **timings: int
    ) -> None:
        self._desk = desk
        self._engine = desk.build_engine()
        changed = self._engine.settings.execution.model_copy(update=timings)
        update = {"stream": settings, "execution": changed}
        self._engine.settings = self._engine.settings.model_copy(update=update)
        self._listener = AccountListener(self._engine, desk.account, owner)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=owner)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._listener.run())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    @property
    def health(self) -> StreamHealth:
        return self._desk.context.store.load_stream()

    def await_live(self, term: int = 1) -> StreamHealth:
        """Wait until somebody's stream is live, in this term or a later one."""

        def live() -> StreamHealth | None:
            health = self.health
            return health if health.is_live and health.term >= term else None

        found = eventually(live, timeout_s=PATIENCE_S)
        assert found is not None
        return found

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it as a TERM does; once is enough."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the listener does not end"
        self._engine.close()
