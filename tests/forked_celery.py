"""Celery's own processes, forked from one that has its imports done and no settings read.

What runs is `celery -A tasks …` with its environment, folder, log and session, as if it had been
started by its command line; only two seconds of imports are spared for each of some sixty
processes. From the command line on it is started by `augustan up`, which has tests of its own.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import IO

from tests.fork_server import OwnForkServer
from tests.process import ROOT, ServiceProcess

_forks = OwnForkServer(["tests.warm_celery"])
#: Until a fork has a session of its own; the first one waits for the imports, too.
FORK_TIMEOUT_S = 60.0


class ForkedCommand:
    """What `subprocess.Popen` is to a process that was started by a command line."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        reading, writing = Pipe(duplex=False)
        target = (tuple(arguments), dict(environ), str(log), writing)
        self._process = _forks.process(_run, target)
        self._process.start()
        writing.close()
        # From then on a signal to its group reaches it
        try:
            assert reading.poll(FORK_TIMEOUT_S), f"celery {arguments} was not forked"
        except BaseException:  # A test's time is over: nobody else knows of it yet
            self._process.kill()
            raise
        finally:
            reading.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Return its exit code; subprocess.TimeoutExpired when it runs on."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("celery", timeout)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()


class CeleryProcess(ServiceProcess):
    """`celery -A tasks …` in a process of its own; `arguments` are what follows `tasks`."""

    def __init__(
        self, name: str, arguments: Sequence[str], environ: Mapping[str, str], folder: Path
    ) -> None:
        super().__init__(name, ["celery", "-A", "tasks", *arguments], environ, folder)

    def _launch(self, log: IO[bytes]) -> ForkedCommand:
        return ForkedCommand(self._command, self._environ, Path(log.name))


def _run(arguments: Sequence[str], environ: Mapping[str, str], log: str, told: Connection) -> None:
    """Be the command: this environment, these arguments, a session and a log of its own."""
    from celery.__main__ import main

    os.setsid()
    told.close()
    _write_to(log)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    sys.argv[:] = arguments
    # A worker's tasks start processes, which a daemon of multiprocessing must not
    multiprocessing.current_process().daemon = False
    try:
        main()
    finally:
        atexit._run_exitfuncs()


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
