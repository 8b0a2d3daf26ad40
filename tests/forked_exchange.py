"""A paper exchange forked from a process that has its imports done.

Each is a process of its own that runs the command's `main`; only the second of imports is spared,
of which a run of all tests would else spend more than a minute. The command itself, from
`python -m` on, is started by the tests of the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from typing import TextIO

from tests.fork_server import OwnForkServer

_forks = OwnForkServer(["tests.forked_exchange", "workers.paper_exchange.main", "uvloop"])


class ForkedExchange:
    """One process, and what it writes to standard output."""

    def __init__(self, arguments: Sequence[str], folder: str) -> None:
        self._reading, writing = Pipe(duplex=False)
        self.stdout: TextIO = open(self._reading.fileno(), closefd=False)  # noqa: SIM115
        self._process = _forks.process(_run, (tuple(arguments), folder, writing))
        self._process.start()
        writing.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def terminate(self, patience_s: float) -> None:
        """Ask it to end, and kill it when it has not after so long."""
        self._process.terminate()
        self._process.join(patience_s)
        self.kill()

    def kill(self) -> None:
        """End it at once, and return when it is gone."""
        self._process.kill()
        self._process.join()
        self.stdout.close()
        self._reading.close()


def _run(arguments: Sequence[str], folder: str, output: Connection) -> None:
    """Be the command: these arguments, this folder, this standard output."""
    from workers.paper_exchange.main import main

    os.chdir(folder)
    os.dup2(output.fileno(), sys.stdout.fileno())
    output.close()
    sys.exit(main(arguments))
