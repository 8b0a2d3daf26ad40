"""Wait until a write has reached the server's disk."""

from __future__ import annotations

from time import monotonic, sleep

from engine.errors import EngineError, StoreUnclear
from engine.store.client import Session

#: A disk that takes longer is broken.
_PATIENCE_S = 10.0
#: `everysec` begins a write to disk at the latest in the second after next.
_EVERYSEC_S = 2.0
_LOOK_EVERY_S = 0.05


def wait_until_durable(session: Session) -> None:
    """Return when all that was written on this connection is as durable as the server makes it.

    Without an append-only file, or with `appendfsync no`, nothing can be waited for. With
    `always` the reply itself came after the disk. With `everysec` WAITAOF says it (Redis 7.2 and
    later); an older server is watched until two seconds have passed, which is when it has begun
    the write at the latest, and none is pending. Raises StoreUnclear when the disk takes longer.
    """
    server = read_info(session, "persistence")
    if server.get("aof_enabled") != "1":
        return
    policy = _read_policy(session)
    if policy != "everysec":
        return
    if _has_waitaof(read_info(session, "server")["redis_version"]):
        _wait_for_aof(session)
    else:
        _watch_disk(session)


def read_info(session: Session, section: str) -> dict[str, str]:
    """Return one section of the server's INFO."""
    lines = str(session.ask("INFO", section)).splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _read_policy(session: Session) -> str:
    """Return appendfsync; a server that hides its configuration is taken for the default."""
    try:
        return str(session.ask("CONFIG", "GET", "appendfsync")[1])
    except StoreUnclear:
        raise
    except EngineError:
        return "everysec"


def _has_waitaof(version: str) -> bool:
    major, minor = (int(part) for part in version.split(".")[:2])
    return (major, minor) >= (7, 2)


def _wait_for_aof(session: Session) -> None:
    patience_ms = int(_PATIENCE_S * 1000)
    local, _ = session.ask("WAITAOF", 1, 0, patience_ms, timeout_s=_PATIENCE_S + 5)
    if local < 1:
        raise StoreUnclear("The write stands in Redis, but its disk does not keep up.")


def _watch_disk(session: Session) -> None:
    began_s = monotonic()
    while True:
        sleep(_LOOK_EVERY_S)
        server = read_info(session, "persistence")
        is_idle = server["aof_pending_bio_fsync"] == "0" and server["aof_buffer_length"] == "0"
        passed_s = monotonic() - began_s
        if is_idle and passed_s >= _EVERYSEC_S:
            return
        if passed_s > _PATIENCE_S:
            raise StoreUnclear("The write stands in Redis, but its disk does not keep up.")
