"""What a doctor concludes from what it saw. Pure: facts in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.domain.report import KeyPermissions
from engine.store.server import MIN_VERSION

#: A beat shows itself every few seconds; a slow machine may miss some.
BEAT_MAX_AGE_MS = 30_000

#: Messages that wait in one lane before somebody should look.
MANY_WAITING = 1_000


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  #: It works, and should not stay so
    PROBLEM = "problem"  #: It does not work


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the doctor."""

    subject: str
    level: Level
    text: str  # What was seen, and what to do about it


def ok(subject: str, text: str) -> Check:
    return Check(subject=subject, level=Level.OK, text=text)


def warning(subject: str, text: str) -> Check:
    return Check(subject=subject, level=Level.WARNING, text=text)


def problem(subject: str, text: str) -> Check:
    return Check(subject=subject, level=Level.PROBLEM, text=text)


def check_server(facts: Mapping[str, str], *, may_be_relaxed: bool) -> list[Check]:
    """Judge the state's Redis by what it says of itself.

    `may_be_relaxed`: the configuration asks for appendfsync everysec.
    """
    return [_version(facts), _policy(facts), _persistence(facts, may_be_relaxed)]


def _version(facts: Mapping[str, str]) -> Check:
    stated = facts.get("redis_version", "unknown")
    parts = tuple(int(part) for part in stated.split(".")[:2] if part.isdigit())
    if parts < MIN_VERSION:
        return problem("redis version", f"{stated}: Augustan needs 6.2 or newer")
    return ok("redis version", stated)


def _policy(facts: Mapping[str, str]) -> Check:
    policy = facts.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        return ok("redis memory", policy)
    return problem(
        "redis memory", f"{policy}: a full server would forget orders; set it to noeviction"
    )


def _persistence(facts: Mapping[str, str], may_be_relaxed: bool) -> Check:
    subject = "redis durability"
    if facts.get("aof_enabled") != "1":
        return problem(subject, "no append-only file: a restart forgets; set appendonly yes")
    if facts.get("aof_last_write_status", "ok") != "ok":
        return problem(subject, "the last write to the append-only file failed; look at the disk")
    fsync = facts.get("appendfsync", "hidden by the server")
    if fsync == "always" or (fsync == "everysec" and may_be_relaxed):
        return ok(subject, f"append-only file, fsync {fsync}")
    return warning(subject, f"fsync {fsync}: a crash loses up to a second; always loses nothing")


def check_store_clock(facts: Mapping[str, str], now_ms: int, order_valid_ms: int) -> Check:
    """Judge how far the state's Redis is from this machine's clock.

    A claim compares the end of an order's time, set here, with the server's clock.
    """
    subject, stated = "redis clock", facts.get("server_time_usec", "")
    if not stated.isdigit():
        return warning(subject, "the server does not tell its time")
    ahead_ms = int(stated) // 1000 - now_ms
    text = f"{ahead_ms:+d} ms from this machine"
    if ahead_ms > order_valid_ms // 2:
        return problem(subject, f"{text}: orders are denied as too late; synchronize both (NTP)")
    if -ahead_ms > order_valid_ms // 2:
        return warning(subject, f"{text}: orders are sent too late; synchronize both (NTP)")
    return ok(subject, text)


def check_clock(account: str, offset_ms: int, recv_window_ms: int) -> Check:
    """Judge how far this machine's clock is from an exchange's."""
    subject = f"{account}: clock"
    text = f"{offset_ms:+d} ms from the exchange"
    # Requests are signed in exchange time, so only an absurd clock hurts: in logs, on other
    # machines, in what expires
    if abs(offset_ms) > recv_window_ms:
        return warning(subject, f"{text}: synchronize this machine's clock (NTP)")
    return ok(subject, text)


def check_permissions(account: str, rights: KeyPermissions, *, is_paper: bool) -> list[Check]:
    """Judge what an API key may do."""
    subject = f"{account}: key"
    if not rights.can_read:
        return [problem(subject, "it may not read: allow reading at the exchange")]
    if not rights.can_trade:
        return [problem(subject, "it may not trade: allow trading at the exchange")]
    found = []
    if rights.can_withdraw and not is_paper:
        found.append(warning(subject, "it may withdraw: make one that may not"))
    if rights.is_ip_restricted is False and not is_paper:
        found.append(warning(subject, "it works from every address: restrict it to yours"))
    return found or [ok(subject, "it may read and trade")]


def check_lanes(
    lanes: Iterable[str], served: Mapping[str, int], waiting: Mapping[str, int]
) -> list[Check]:
    """Judge whether every lane has a worker, and how many messages wait there."""
    return [_lane(lane, served.get(lane, 0), waiting.get(lane, 0)) for lane in lanes]


def _lane(lane: str, workers: int, waiting: int) -> Check:
    subject, text = f"lane {lane}", f"{workers} workers, {waiting} messages wait"
    if not workers:
        return problem(subject, "no worker answers: start `augustan up`, or its role or --egress")
    if waiting > MANY_WAITING:
        return warning(subject, f"{text}: add workers for this lane")
    return ok(subject, text)


def check_beat(last_beat_ms: int | None, now_ms: int) -> Check:
    """Judge the age of the last tick that came through beat, broker and worker."""
    if last_beat_ms is None:
        return problem("beat", "never seen: start `augustan up`, or `celery -A tasks beat`")
    age_ms = now_ms - last_beat_ms
    text = f"last tick {max(age_ms, 0) / 1000:.1f} s ago"
    if age_ms > BEAT_MAX_AGE_MS:
        return problem("beat", f"{text}: start `augustan up`, or `celery -A tasks beat`")
    return ok("beat", text)
