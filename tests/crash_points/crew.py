"""Workers that are forked when one is needed, and killed when their time has come."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Pipe, wait

from tests.crash_points.messages import Errand
from tests.crash_points.worker import Done, Place, work
from tests.fork_server import OwnForkServer

#: An errand is a matter of milliseconds, and of a request's time limit at most.
PATIENCE_S = 30.0

_forks = OwnForkServer(["tests.crash_points.warm"])


class WorkerDied(Exception):
    """The worker was killed while it did an errand, or before it began."""


class ForkedWorker:
    """One process in a group of its own; it does one errand at a time."""

    def __init__(self, place: Place) -> None:
        self._lock = threading.Lock()  # The wire's thread kills, the life's own cleans up
        self._is_closed = False
        self._pipe, child_end = Pipe()
        self._process = _forks.process(work, (child_end, place))
        self._process.start()
        child_end.close()
        self._receive()  # It is in its own group by now

    def do(self, errand: Errand) -> Done:
        """Have the errand done; WorkerDied when that did not come to an end."""
        self.begin(errand)
        return self.end()

    def begin(self, errand: Errand) -> None:
        """Hand it the errand, and do not wait."""
        try:
            self._pipe.send(errand)
        except OSError as error:
            raise WorkerDied from error

    def end(self) -> Done:
        """Wait for the errand that it was handed; WorkerDied when that did not come to an end."""
        return self._receive()

    def kill(self) -> None:
        """Kill the group, and return when nothing of it is left."""
        with self._lock:
            if self._is_closed:
                return
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            wait([self._process.sentinel], PATIENCE_S)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def _receive(self) -> Done:
        try:
            if not self._pipe.poll(PATIENCE_S):
                raise AssertionError(f"worker {self.pid} hangs")
            done: Done = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerDied from error
        return done

    def close(self) -> bool:
        """Kill it if it lives, and leave nothing behind; False when it had ended by itself."""
        self.kill()
        with self._lock:
            self._is_closed = True
            self._pipe.close()
            self._process.join(PATIENCE_S)
            was_killed = self._process.exitcode == -signal.SIGKILL
            self._process.close()
            return was_killed
