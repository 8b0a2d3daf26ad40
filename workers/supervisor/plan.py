"""Which processes a machine runs, by role, with the settings that they are to load."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from enum import StrEnum
from functools import partial

from engine.config import Mode, Settings
from engine.store.embedded import EmbeddedServer, prepare, rewrite_long_file
from engine.store.server import ServerProgram
from workers.supervisor.child import PROJECT, ChildSpec
from workers.supervisor.probes import celery_probe, http_probe, server_probe


class Role(StrEnum):
    """What a machine can do for the others."""

    STORE = "store"  #: The Redis servers, unless an address is configured
    PAPER = "paper"  #: The paper exchange, where an account wants it
    EMERGENCY = "emergency"
    CANCEL = "cancel"  #: Cancels, and the orders that guard or close a position
    WORKER = "worker"  #: Every other lane
    ARCHIVE = "archive"  #: What moves closed orders into files; on the machine that keeps them
    STREAM = "stream"  #: The listeners to what exchanges push
    BEAT = "beat"
    FLOWER = "flower"


#: The lanes of each worker, and its processes (0: by the size of the machine). Compose starts
#: the same ones.
LANES = {
    Role.EMERGENCY: (("emergency",), 1),
    Role.CANCEL: (("cancel", "exit"), 2),
    Role.WORKER: (
        ("submit", "resolve", "poll", "monitor", "protection", "signals", "completion"),
        0,
    ),
    Role.ARCHIVE: (("archive",), 1),
}

#: A request to an exchange is waiting most of its time, so even a small machine takes several.
MIN_PROCESSES, MAX_PROCESSES = 4, 16

#: Two, since a tick of each is let through once and one may die.
BEATS = ("beat-1", "beat-2")

#: Two, since each account has one leader and the other process takes over.
STREAMS = ("stream-1", "stream-2")

#: Stages: later ones need the earlier ones.
STORE_STAGE, EXCHANGE_STAGE, WORKER_STAGE, TICK_STAGE = range(4)


def embedded_servers(
    settings: Settings, ports: dict[str, int], password: str
) -> tuple[EmbeddedServer, ...]:
    """Return the servers that no configured address replaces: state, then messages."""
    wanted = {}
    if settings.store.url is None:
        wanted["state"] = settings.store.appendfsync
        if settings.store.broker_url is None:
            wanted["messages"] = "everysec"  # Messages are hints; a lost second is swept up
    return tuple(
        EmbeddedServer(
            name=name,
            folder=settings.data_dir / "store" / name,
            port=ports[name],
            password=password,
            appendfsync=appendfsync,
        )
        for name, appendfsync in wanted.items()
    )


def needs_paper(settings: Settings) -> bool:
    """Return whether an account trades on a paper exchange that runs nowhere else."""
    wanted = any(account.mode is Mode.PAPER for account in settings.accounts.values())
    return wanted and settings.paper.url is None


def server_child(server: EmbeddedServer, program: ServerProgram) -> ChildSpec:
    """Return a Redis server of our own."""
    return ChildSpec(
        name=server.name,
        command=prepare(server, program),
        stage=STORE_STAGE,
        is_ready=server_probe(server),
        address=server.address().public_url,
        upkeep=partial(rewrite_long_file, server),
        grace_s=15.0,
    )


def paper_child(environ: dict[str, str], port: int) -> ChildSpec:
    """Return the paper exchange."""
    return _python(
        "paper",
        ["workers.supervisor.paper", str(port)],
        EXCHANGE_STAGE,
        environ,
        is_ready=http_probe(f"http://127.0.0.1:{port}/api/v3/ping"),
        address=f"http://127.0.0.1:{port}",
        grace_s=10.0,
    )


def worker_children(roles: Collection[Role], environ: dict[str, str]) -> list[ChildSpec]:
    """Return the Celery workers of the roles."""
    return [
        _python(
            role.value,
            ["celery", "-q", *worker_arguments(role)],
            WORKER_STAGE,
            environ,
            is_ready=celery_probe(role.value),
        )
        for role in LANES
        if role in roles
    ]


def worker_arguments(role: Role) -> list[str]:
    """Return the arguments of `celery` that start the worker of a role."""
    lanes, processes = LANES[role]
    processes = processes or max(MIN_PROCESSES, min(2 * (os.cpu_count() or 1), MAX_PROCESSES))
    return [
        *("-A", "tasks", "worker", "-n", f"{role.value}@%h", "-Q", ",".join(lanes)),
        *("-c", str(processes), "--without-gossip", "--without-mingle", "-l", "INFO"),
    ]


def stream_children(
    roles: Collection[Role], environ: dict[str, str], settings: Settings
) -> list[ChildSpec]:
    """Return the listeners; none where the settings want no stream."""
    if Role.STREAM not in roles or not settings.stream.enabled:
        return []
    return [
        _python(name, ["workers.stream_listener", name], TICK_STAGE, environ, grace_s=15.0)
        for name in STREAMS
    ]


def tick_children(
    roles: Collection[Role], environ: dict[str, str], settings: Settings
) -> list[ChildSpec]:
    """Return the beats and Flower."""
    beats = [
        _python(
            name,
            ["celery", "-q", "-A", "tasks", "beat", "-n", f"{name}@%h", "-l", "WARNING"],
            TICK_STAGE,
            environ,
            is_ready=celery_probe(name),
            grace_s=10.0,
        )
        for name in BEATS
        if Role.BEAT in roles
    ]
    url = f"http://{settings.flower.host}:{settings.flower.port}"
    flower = _python(
        "flower",
        ["celery", "-A", "tasks", "flower", "--logging=warning"],
        TICK_STAGE,
        environ,
        is_ready=http_probe(f"{url}/healthcheck"),
        address=url,
        grace_s=5.0,
    )
    return [*beats, flower] if Role.FLOWER in roles else beats


def _python(
    name: str, module: list[str], stage: int, environ: dict[str, str], **more: object
) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=[sys.executable, "-m", *module],
        stage=stage,
        environ={**environ, "PYTHONUNBUFFERED": "1"},
        folder=PROJECT,
        **more,  # type: ignore[arg-type]  # Passed through, checked there
    )
