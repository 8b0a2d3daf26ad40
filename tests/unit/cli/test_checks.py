"""What the doctor concludes."""

from __future__ import annotations

import pytest

from engine.domain.report import KeyPermissions
from workers.cli.checks import (
    check_beat,
    check_clock,
    check_lanes,
    check_permissions,
    check_server,
    check_store_clock,
)

HEALTHY = {
    "redis_version": "7.2.4",
    "maxmemory_policy": "noeviction",
    "aof_enabled": "1",
    "aof_last_write_status": "ok",
    "appendfsync": "always",
}


@pytest.mark.parametrize(
    ("change", "levels"),
    [
        ({}, ["ok", "ok", "ok"]),
        ({"redis_version": "6.0.16"}, ["problem", "ok", "ok"]),
        ({"redis_version": "odd"}, ["problem", "ok", "ok"]),
        ({"redis_version": "10.0"}, ["ok", "ok", "ok"]),
        ({"maxmemory_policy": "allkeys-lru"}, ["ok", "problem", "ok"]),
        ({"aof_enabled": "0"}, ["ok", "ok", "problem"]),
        ({"aof_last_write_status": "err"}, ["ok", "ok", "problem"]),
        ({"appendfsync": "everysec"}, ["ok", "ok", "warning"]),
    ],
)
def test_a_server_that_may_forget_is_told(change: dict[str, str], levels: list[str]):
    """Version, eviction and durability are judged each on its own line."""
    checks = check_server({**HEALTHY, **change}, may_be_relaxed=False)

    assert [check.level for check in checks] == levels


def test_a_second_that_the_user_accepted_is_no_warning():
    """Who configured everysec knows it."""
    relaxed = check_server({**HEALTHY, "appendfsync": "everysec"}, may_be_relaxed=True)

    assert [check.level for check in relaxed] == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("rights", "levels"),
    [
        ((True, True, False, True), ["ok"]),
        ((True, True, None, None), ["ok"]),
        ((True, True, True, False), ["warning", "warning"]),
        ((True, False, False, True), ["problem"]),
        ((False, True, False, True), ["problem"]),
    ],
)
def test_a_key_that_may_too_little_or_too_much_is_told(
    rights: tuple[bool, bool, bool | None, bool | None], levels: list[str]
):
    """The right to withdraw is a warning: a leaked key would empty the account."""
    names = ("can_read", "can_trade", "can_withdraw", "is_ip_restricted")
    permissions = KeyPermissions(**dict(zip(names, rights, strict=True)))

    checks = check_permissions("a", permissions, is_paper=False)

    assert [check.level for check in checks] == levels


def test_a_lane_without_a_worker_is_a_problem():
    """Orders of that lane would wait for ever."""
    checks = check_lanes(["submit", "poll", "cancel"], {"submit": 2, "poll": 1}, {"poll": 5_000})

    assert [check.level for check in checks] == ["ok", "warning", "problem"]


@pytest.mark.parametrize(
    ("last_beat_ms", "level"), [(None, "problem"), (100_000, "ok"), (60_000, "problem")]
)
def test_a_beat_that_fell_silent_is_a_problem(last_beat_ms: int | None, level: str):
    """The age of the last completed tick tells, not whether a process exists."""
    assert check_beat(last_beat_ms, now_ms=101_000).level == level


@pytest.mark.parametrize(
    ("offset_ms", "level"), [(0, "ok"), (-5_000, "ok"), (5_001, "warning"), (-9_999, "warning")]
)
def test_a_clock_far_off_is_told(offset_ms: int, level: str):
    """Ahead or behind: beyond the exchange's window somebody should look."""
    assert check_clock("a", offset_ms, recv_window_ms=5_000).level == level


@pytest.mark.parametrize(
    ("ahead_ms", "level"),
    [(0, "ok"), (29_000, "ok"), (31_000, "problem"), (-29_000, "ok"), (-31_000, "warning")],
)
def test_a_store_minutes_ahead_would_deny_every_order(ahead_ms: int, level: str) -> None:
    """What an order may wait is compared with the server's clock: half of it is too much."""
    facts = {"server_time_usec": str((1_000_000 + ahead_ms) * 1_000)}

    assert check_store_clock(facts, 1_000_000, 60_000).level == level


def test_a_store_that_hides_its_time_is_told() -> None:
    """A managed server may leave it out."""
    assert check_store_clock({}, 1_000_000, 60_000).level == "warning"
