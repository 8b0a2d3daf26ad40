"""The task of a signal: half a REVERSE is looked at again, a few times, then left to the sweep."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery.exceptions import Retry

from tasks import signals as tasks
from tasks.signals import REVERSE_LOOKS, process_signal


@pytest.fixture
def word(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine answers; the broker hears nothing."""
    words = ["received"]
    engine = SimpleNamespace(account=lambda name: name, random=SimpleNamespace(jitter=lambda: 0.5))
    monkeypatch.setattr(tasks, "get_engine", lambda: engine)
    monkeypatch.setattr(tasks.signals, "process_signal", lambda context, signal_id: words[0])
    return words


def run(monkeypatch: pytest.MonkeyPatch, retries: int) -> tuple[str, float]:
    """Return what the task answers, and after how long it wants to look again (s)."""
    wanted: list[float] = []

    def retry(countdown: float) -> Retry:
        wanted.append(countdown)
        return Retry()

    monkeypatch.setattr(process_signal, "retry", retry)
    process_signal.push_request(retries=retries)
    try:
        return process_signal.run("paper", "paper:turn"), 0.0
    except Retry:
        return "again", wanted[0]
    finally:
        process_signal.pop_request()


def test_half_a_reverse_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch, word: list[str]
) -> None:
    """Soon, then more rarely; the last look leaves it to the sweep."""
    looks = [run(monkeypatch, retries) for retries in range(REVERSE_LOOKS)]
    assert [said for said, _ in looks] == ["again"] * REVERSE_LOOKS
    waits = [wait for _, wait in looks]
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert run(monkeypatch, REVERSE_LOOKS) == ("received", 0.0)


@pytest.mark.parametrize("ended", ["ordered", "denied", "unknown"])
def test_what_is_over_is_not_looked_at_again(
    monkeypatch: pytest.MonkeyPatch, word: list[str], ended: str
) -> None:
    """An order or a denial is the end of a signal."""
    word[0] = ended
    assert run(monkeypatch, 0) == (ended, 0.0)
