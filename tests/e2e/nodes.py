"""pytest-celery's nodes as processes: real `celery worker` and Redis processes, no Docker.

A node asks its container for little: whether it is ready, its log, its name, to kill it and to
start it again. The classes here answer that for a process of this machine.
"""

from __future__ import annotations

from typing import Any

import celery
from pytest_celery import CeleryTestWorker

from tests.fleet import Fleet, LaneWorker
from tests.process import ServiceProcess
from tests.redis_server import RedisServer


class RedisContainer:
    """A Redis server of ours where pytest-celery expects a container."""

    def __init__(self, server: RedisServer, database: int) -> None:
        self._server = server
        self._database = database
        self.name = self.id = f"redis-{server.port}"

    @property
    def celeryconfig(self) -> dict[str, Any]:
        url = f"{self._server.url.removesuffix('/0')}/{self._database}"
        return {
            "url": url,
            "host_url": url,
            "hostname": "127.0.0.1",
            "port": self._server.port,
            "vhost": str(self._database),
        }

    @property
    def status(self) -> str:
        return "running" if self._server.is_running else "exited"

    def ready(self) -> bool:
        with self._server.client() as client:
            return bool(client.ping())

    def logs(self) -> str:
        return ""  # It logs to nobody

    def kill(self, signal: str = "SIGKILL") -> None:
        if signal == "SIGKILL":
            self._server.kill()
        else:
            self._server.stop()

    def restart(self, timeout: int = 0) -> None:
        self._server.restart()

    def reload(self) -> None:
        """Nothing here is a copy that could be out of date."""

    def teardown(self) -> None:
        """The server is shared by many tests and ends with them."""


class WorkerContainer:
    """A Celery worker of ours where pytest-celery expects a container."""

    def __init__(self, worker: LaneWorker, fleet: Fleet) -> None:
        self.worker = worker
        self._fleet = fleet
        self.name = worker.name
        self.id = worker.node

    @property
    def status(self) -> str:
        return "running" if self.worker.is_running else "exited"

    def ready(self) -> bool:
        self._fleet.await_answers(self.worker)
        return True

    def logs(self) -> str:
        return self.worker.log.read_text(errors="replace")

    def kill(self, signal: str = "SIGKILL") -> None:
        if signal == "SIGKILL":
            self.worker.kill()
        else:
            self.worker.stop()

    def restart(self, timeout: int = 0) -> None:
        self.worker.stop()
        self.worker.start()
        self._fleet.await_answers(self.worker)

    def reload(self) -> None:
        """Nothing here is a copy that could be out of date."""

    def teardown(self) -> None:
        """The worker is shared by many tests and ends with them."""

    def version(self) -> str:
        return str(celery.__version__)

    def log_level(self) -> str:
        return "INFO"

    def worker_name(self) -> str:
        return self.worker.node.partition("@")[0]

    def worker_queue(self) -> str:
        return self.worker.lanes[0]


class ProcessWorker(CeleryTestWorker):  # type: ignore[misc]  # pytest-celery carries no types
    """A worker node whose container is a process."""

    container: WorkerContainer

    @property
    def process(self) -> ServiceProcess:
        return self.container.worker

    def hostname(self) -> str:
        return self.container.id
