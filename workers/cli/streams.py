"""How a user stream is, in words. Pure."""

from __future__ import annotations

from engine.domain.stream import StreamHealth
from workers.cli.checks import Check, ok, warning
from workers.cli.documents import Document, iso_time

#: The four things that a stream can be.
OFF, NOBODY, SILENT, LIVE = "off", "nobody", "silent", "live"


def stream_state(health: StreamHealth, *, is_wanted: bool) -> str:
    """Return one word: switched off, nobody listens, not to be relied on now, or live."""
    if not is_wanted:
        return OFF
    if not health.leader:
        return NOBODY
    return LIVE if health.is_live else SILENT


def stream_document(health: StreamHealth, *, is_wanted: bool) -> Document:
    """Return what is known of an account's stream."""
    return {
        "state": stream_state(health, is_wanted=is_wanted),
        "leader": leader_name(health),
        "live_since": iso_time(health.live_since_ms) if health.is_live else None,
        "heard_at": iso_time(health.heard_at_ms) if health.heard_at_ms else None,
        "messages": health.messages,
        "reconnects": health.reconnects,
        "doubts": health.doubts,
        "last_doubt": health.doubt,
    }


def leader_name(health: StreamHealth) -> str:
    """Return the leading process without the mark that makes it unique."""
    return health.leader.partition(" ")[0]


def check_stream(account: str, health: StreamHealth, *, is_wanted: bool) -> Check:
    """Judge how an account's fills are learned of."""
    subject, state = f"{account}: stream", stream_state(health, is_wanted=is_wanted)
    counted = f"{health.reconnects} reconnects, {health.doubts} doubts"
    if state == OFF:
        return ok(subject, "off (stream.enabled): fills are found by polling")
    if state == NOBODY:
        return warning(
            subject,
            "nobody listens, fills are found by polling: start `augustan up`,"
            " or `python -m workers.stream_listener`",
        )
    if state == SILENT:
        text = f"{leader_name(health)} listens, but it is not live: fills are found by polling"
        return warning(subject, f"{text}; {counted}")
    return ok(subject, f"live since {iso_time(health.live_since_ms)}; {counted}")
