"""A Redis server for one simulating process: a socket file, nothing on disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.store.server import find_program
from tests.simulation.wire_to_redis import QuickConnection
from tests.waiting import eventually

#: Small tables keep the order in which they were filled; the order of large ones is drawn by the
#: server at its start, and a world could not be repeated. Worlds are small.
ORDERLY = ["--hash-max-ziplist-entries", "100000", "--hash-max-ziplist-value", "1000000"]


@contextmanager
def private_redis() -> Iterator[str]:
    """Run a server of our own; return the path of its socket."""
    with TemporaryDirectory(prefix="augustan-simulation-") as folder:
        path = Path(folder) / "redis.sock"
        command = [find_program().path, "--port", "0", "--unixsocket", str(path), "--dir", folder]
        command += ["--save", "", "--appendonly", "no", "--loglevel", "warning", *ORDERLY]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            connect(str(path)).disconnect()
            yield str(path)
        finally:
            process.kill()
            process.wait(20)


def connect(path: str) -> QuickConnection:
    """Return a connection to the server, once it is there."""

    def attempt() -> QuickConnection | None:
        try:
            return QuickConnection(path)
        except OSError:
            return None

    return eventually(attempt, timeout_s=20, message="the Redis server did not start")
