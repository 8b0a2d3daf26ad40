"""What a person is told about a user stream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.stream import StreamHealth
from workers.cli.checks import Level
from workers.cli.streams import check_stream, stream_document, stream_state

LIVE = StreamHealth(
    leader="stream-1@here 01ABC",
    term=3,
    is_live=True,
    live_since_ms=1_700_000_000_000,
    heard_at_ms=1_700_000_001_000,
    doubts=1,
    doubt="a fill came by poll",
    messages=12,
    reconnects=2,
)


@pytest.mark.parametrize(
    ("health", "is_wanted", "word", "level"),
    [
        (LIVE, True, "live", Level.OK),
        (replace(LIVE, is_live=False), True, "silent", Level.WARNING),
        (StreamHealth(), True, "nobody", Level.WARNING),
        (StreamHealth(), False, "off", Level.OK),
    ],
)
def test_each_state_has_its_word(
    health: StreamHealth, is_wanted: bool, word: str, level: Level
) -> None:
    """A stream that does not help is worth a warning: polling goes on, only later."""
    assert stream_state(health, is_wanted=is_wanted) == word
    assert check_stream("main", health, is_wanted=is_wanted).level is level


def test_document_tells_since_when_and_how_often() -> None:
    """Who leads without the mark of the process, times in UTC."""
    assert stream_document(LIVE, is_wanted=True) == {
        "state": "live",
        "leader": "stream-1@here",
        "live_since": "2023-11-14T22:13:20.000Z",
        "heard_at": "2023-11-14T22:13:21.000Z",
        "messages": 12,
        "reconnects": 2,
        "doubts": 1,
        "last_doubt": "a fill came by poll",
    }
