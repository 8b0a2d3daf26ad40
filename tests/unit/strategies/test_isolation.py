"""Whatever a user's code does in its copy, the one copied gets an answer or a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidRequest, StrategyFailed
from engine.strategies.isolation import LARGEST_ANSWER, run_isolated
from tests.process import ROOT
from tests.waiting import eventually


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200_000))
def test_what_is_answered_arrives_whole(answer: bytes):
    """Also more than a pipe holds."""
    assert run_isolated(lambda: answer, limit_ms=10_000) == answer


def spin() -> bytes:
    while True:
        pass


def deaf() -> bytes:
    """Hang, and stop every alarm that would end it."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    return spin()


def swallow() -> bytes:
    while True:
        try:
            time.sleep(60)
        except BaseException:  # noqa: BLE001 - that is the point
            continue


def fail(error: BaseException) -> Callable[[], bytes]:
    def work() -> bytes:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (spin, "not done within 200 ms"),
        (swallow, "not done within 200 ms"),
        (deaf, "not done within 200 ms"),
        (lambda: os.kill(os.getpid(), signal.SIGXCPU) or b"", "crashed its process .SIGXCPU"),
        (lambda: os._exit(0), "ended its process without an answer"),
        (sys.exit, "raised SystemExit"),
        (fail(ZeroDivisionError("a mistake")), "raised ZeroDivisionError: a mistake"),
        (fail(KeyError()), "raised KeyError"),
        (fail(KeyboardInterrupt()), "raised KeyboardInterrupt"),
        (fail(InvalidRequest("a sentence of ours.")), "^a sentence of ours.$"),
        (lambda: bytes(LARGEST_ANSWER + 1), "more than"),
    ],
)
def test_whatever_goes_wrong_there_is_a_sentence_here(work: Callable[[], bytes], said: str):
    """And no process is left behind."""
    before = psutil.Process().children()
    with pytest.raises(StrategyFailed, match=said):
        run_isolated(work, limit_ms=200)
    assert psutil.Process().children() == before


def test_what_is_changed_in_the_copy_stays_there():
    """Memory, folder and signals are the copy's own."""
    kept: list[int] = []
    folder = os.getcwd()

    def work() -> bytes:
        kept.append(1)
        os.chdir("/")
        return b"done"

    assert run_isolated(work, limit_ms=10_000) == b"done"
    assert (kept, os.getcwd()) == ([], folder)


def test_it_works_beside_other_threads():
    """A live engine's process has some, and so may a worker's."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert run_isolated(lambda: b"done", limit_ms=10_000) == b"done"
    finally:
        stop.set()
        thread.join()


#: Starts a copy that never ends, and tells its process id.
ORPHANING = """
import os, pathlib, sys
from engine.strategies.isolation import run_isolated

def work():
    pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
    while True:
        pass

run_isolated(work, limit_ms=1_500)
"""


def test_a_copy_ends_also_when_nobody_is_left_to_end_it(tmp_path: Path):
    """A worker that was killed meanwhile leaves nothing behind that eats a processor."""
    note = tmp_path / "pid"
    worker = subprocess.Popen([sys.executable, "-c", ORPHANING, str(note)], cwd=ROOT)
    try:
        eventually(lambda: note.exists() and note.read_text(), timeout_s=30)
        copy = psutil.Process(int(note.read_text()))
    finally:
        worker.kill()
        worker.wait()
    eventually(lambda: not copy.is_running() or copy.status() == "zombie", timeout_s=30)
