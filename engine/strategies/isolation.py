"""Run a user's code so that nothing it does can harm who runs it.

In a copy of this process that ends with the answer: what raises, hangs, exits or crashes there is
a sentence here. The kernel's alarm ends what takes too long, also when we are killed meanwhile.
"""

from __future__ import annotations

import os
import select
import signal
import time
import warnings
from collections.abc import Callable

from engine.errors import EngineError, StrategyFailed

#: How much later than its own alarm the copy is killed from outside: user code may stop an alarm.
KILL_AFTER_MS = 500
#: The wishes of the longest replay come nowhere near.
LARGEST_ANSWER = 64_000_000
_CHUNK = 65_536
_SAID, _FAILED = b"+", b"-"


def run_isolated(work: Callable[[], bytes], *, limit_ms: int) -> bytes:
    """Return what `work` returns in a copy of this process.

    Raises StrategyFailed with a sentence when it raises, ends the process or is not done in time.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Newer Pythons warn of other threads' locks; the copy works alone, for user code only
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reading)
        _be_the_copy(work, writing, limit_ms)
    os.close(writing)
    deadline_s = time.monotonic() + (limit_ms + KILL_AFTER_MS) / 1000
    try:
        answer = _read(reading, deadline_s)
    finally:
        os.close(reading)
        ended_by = _end(pid, deadline_s)
    return _judge(answer, ended_by, limit_ms)


def describe_error(error: BaseException) -> str:
    """Return a failure in one short sentence; ours are sentences already."""
    if isinstance(error, EngineError):
        return str(error)
    said = " ".join(str(error).split())
    return (
        f"it raised {type(error).__name__}: {said:.160}"
        if said
        else (f"it raised {type(error).__name__}")
    )


# ---- in the copy -----------------------------------------------------------------------------


def _be_the_copy(work: Callable[[], bytes], writing: int, limit_ms: int) -> None:
    """Work, answer, end. Nothing that this process holds may be touched or closed tidily."""
    try:
        _obey_the_kernel()
        signal.setitimer(signal.ITIMER_REAL, limit_ms / 1000)
        try:
            answer = _SAID + _checked(work())
        except BaseException as error:  # noqa: BLE001 - the border: it ends with this process
            answer = _FAILED + describe_error(error).encode(errors="replace")
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _checked(answer: bytes) -> bytes:
    if len(answer) > LARGEST_ANSWER:
        raise StrategyFailed(f"its answer has more than {LARGEST_ANSWER} bytes.")
    return answer


def _obey_the_kernel() -> None:
    """Let signals end the copy: handlers that came along would act for the one copied."""
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


# ---- in the one copied -----------------------------------------------------------------------


def _read(reading: int, deadline_s: float) -> bytes:
    """Return what the copy writes, until it closes the pipe or the time is up."""
    answer = bytearray()
    while (left_s := deadline_s - time.monotonic()) > 0:
        if not select.select([reading], [], [], left_s)[0]:
            break
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            break
        answer += chunk
    return bytes(answer)


def _end(pid: int, deadline_s: float) -> int:
    """Return the signal that ended the copy, 0 for none; kill it when its time is up."""
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if time.monotonic() >= deadline_s:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return signal.SIGALRM  # Which it did not obey
        time.sleep(0.001)


def _judge(answer: bytes, ended_by: int, limit_ms: int) -> bytes:
    if ended_by == signal.SIGALRM:
        raise StrategyFailed(f"it was not done within {limit_ms} ms (time_limit_ms).")
    if ended_by:
        raise StrategyFailed(f"it crashed its process ({signal.Signals(ended_by).name}).")
    if answer[:1] == _FAILED:
        raise StrategyFailed(answer[1:].decode(errors="replace"))
    if answer[:1] != _SAID:
        raise StrategyFailed("it ended its process without an answer.")
    return answer[1:]
