"""A private Redis server for tests: real, on a port of its own, gone afterwards."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine.store.server import find_program
from tests.waiting import eventually


class RedisServer:
    """One server process; it can be stopped, killed and started again on its data."""

    def __init__(
        self, folder: Path, options: Sequence[str] = (), config: Path | None = None
    ) -> None:
        self.folder = folder
        self._config = config
        self.port = _free_port()
        self._options = tuple(options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen(self._command(), stdout=subprocess.DEVNULL)
        eventually(self._answers, message="the Redis server did not start")

    def stop(self) -> None:
        """Stop in order; what is to be kept is on disk then."""
        self._end("terminate")

    def kill(self) -> None:
        """Stop as a power cut does."""
        self._end("kill")

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self) -> redis.Redis:
        """Return a plain client for looking past the store."""
        return redis.Redis(
            port=self.port,
            decode_responses=True,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def _command(self) -> list[str]:
        common = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        program = find_program().path
        if self._config is not None:
            return [program, str(self._config), "--sentinel", *common]
        own = ["--save", "", "--loglevel", "warning", "--maxmemory-policy", "noeviction"]
        return [program, *common, *own, *self._options]

    def _end(self, how: str) -> None:
        if self._process is not None:
            getattr(self._process, how)()
            self._process.wait(20)
            self._process = None

    def _answers(self) -> bool:
        with closing(self.client()) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextmanager
def redis_server(folder: Path, *options: str, config: Path | None = None) -> Iterator[RedisServer]:
    """Run a server in `folder` with further options of its command line.

    With a `config` file it is a sentinel.
    """
    server = RedisServer(folder, options, config)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
