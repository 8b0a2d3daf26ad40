"""Redis servers of our own: one for the state, one for messages and results.

They listen on the loopback address with a random password. A socket file would need no
password, but its path may not exceed some hundred characters, and containers and most
viewers speak TCP.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from engine.config import StoreAddress
from engine.errors import ConfigurationError
from engine.store.private_file import write_private
from engine.store.server import ServerProgram, Version

#: How long a server may take to answer a probe.
PROBE_TIMEOUT_S = 2.0

#: How long a server may take to end.
STOP_TIMEOUT_S = 10.0

#: An append-only file longer than this, and than twice the data in memory, is written anew.
LONG_FILE = 64 * 1024 * 1024

#: Which server program last wrote the folder.
VERSION_FILE = "written-by"


@dataclass(frozen=True, kw_only=True)
class EmbeddedServer:
    """One server of our own."""

    name: str
    folder: Path  # Its data and its configuration
    port: int
    password: str = field(repr=False)
    appendfsync: str  # "always" or "everysec"

    def address(self, database: int = 0) -> StoreAddress:
        """Return where the server answers."""
        return StoreAddress(
            scheme="redis",
            hosts=(("127.0.0.1", self.port),),
            password=self.password,
            database=database,
        )

    @property
    def has_data(self) -> bool:
        """Whether the server has ever written its append-only file."""
        return any((self.folder / name).exists() for name in ("appendonly.aof", "appendonlydir"))


def config_text(server: EmbeddedServer) -> str:
    """Return the server's configuration file."""
    lines = (
        "bind 127.0.0.1",
        f"port {server.port}",
        "protected-mode yes",
        f"requirepass {server.password}",
        f"dir {quoted(str(server.folder))}",
        "daemonize no",
        "databases 16",
        "loglevel warning",
        # An eviction would forget an order; a full store must refuse instead
        "maxmemory-policy noeviction",
        "appendonly yes",
        f"appendfsync {server.appendfsync}",
        'save ""',
        "tcp-backlog 128",
    )
    return "\n".join(lines) + "\n"


def prepare(server: EmbeddedServer, program: ServerProgram) -> list[str]:
    """Write the server's configuration and return the command that starts it.

    Raises ConfigurationError when a newer program wrote the folder: an older one would not
    see its data and start empty.
    """
    server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_version(server.folder / VERSION_FILE, program)
    config = server.folder / "redis.conf"
    write_private(config, config_text(server))
    return [program.path, str(config)]


def is_ready(server: EmbeddedServer, pid: int | None = None) -> bool:
    """Return whether the server answers and has loaded its data.

    Raises ConfigurationError when another program answers on its port (`pid` is ours).
    """
    client = _probe(server)
    try:
        info = client.info("server")
        # A server without a password lets everybody in, so the folder is compared as well
        folder = client.config_get("dir").get("dir", "")
    except (redis.AuthenticationError, NoPermissionError, redis.InvalidResponse):
        raise _stranger(server) from None
    except redis.RedisError:
        return False
    finally:
        client.close()
    is_other_process = pid is not None and int(info["process_id"]) != pid
    if is_other_process or folder != str(server.folder.resolve()):
        raise _stranger(server)
    return True


def rewrite_long_file(server: EmbeddedServer, longer_than: int = LONG_FILE) -> bool:
    """Have the server write its data anew when its file is long beside them (bytes).

    Redis 6 does so by itself when the file has doubled since it started: one that is started
    again and again never comes to it, and takes longer to load every time.
    """
    with contextlib.closing(_probe(server)) as client:
        try:
            info = client.info()
            longest = max(longer_than, 2 * int(info["used_memory"]))
            is_long = int(info.get("aof_current_size", 0)) > longest
            if is_long:
                client.bgrewriteaof()
        except redis.RedisError:
            return False  # It is loading or rewriting already; the next look comes
    return is_long


def stop_leftover(server: EmbeddedServer) -> None:
    """End a server of this folder that an earlier run could not end; two would tear its file."""
    try:
        if not is_ready(server):
            return
    except ConfigurationError:
        return  # A stranger; the check of the port tells
    with contextlib.closing(_probe(server)) as client:
        client.shutdown(nosave=True)
    deadline_s = time.monotonic() + STOP_TIMEOUT_S
    while is_ready(server) and time.monotonic() < deadline_s:
        time.sleep(0.05)


def quoted(text: str) -> str:
    """Return a word as redis.conf wants it when it holds spaces or quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _probe(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis(
        host="127.0.0.1",
        port=server.port,
        password=server.password,
        socket_timeout=PROBE_TIMEOUT_S,
        socket_connect_timeout=PROBE_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def _stranger(server: EmbeddedServer) -> ConfigurationError:
    return ConfigurationError(
        f"Port {server.port}, which the {server.name} server of this data folder uses,"
        " is taken by another program: stop that program and start again."
    )


def _check_version(file: Path, program: ServerProgram) -> None:
    written = _read_version(file)
    # Redis 7 moved its append-only file; data of 7 and newer is invisible to 6
    if written is not None and program.version < written:
        raise ConfigurationError(
            f"{file.parent} was written by version {written[0]}.{written[1]}, but {program.path}"
            f" is version {program.version[0]}.{program.version[1]}: run the newer server."
        )
    file.write_text(f"{program.version[0]}.{program.version[1]}\n")


def _read_version(file: Path) -> Version | None:
    if not file.exists():
        return None
    major, _, minor = file.read_text().strip().partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None
