"""A process of the system under test, with its log, that never outlives the tests."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Protocol

from workers.supervisor.guard import kill_group

ROOT = Path(__file__).resolve().parent.parent
#: To end after TERM; then it is killed.
GRACE_S = 10.0


class Launched(Protocol):
    """A process that was started, as `subprocess.Popen` shows it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def terminate(self) -> None: ...


class ServiceProcess:
    """One process and all its children: start it, stop it, kill it, start it again."""

    def __init__(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._environ = dict(environ)
        self._process: Launched | None = None
        self._began_at = 0

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._began_at = log.tell()
            self._process = self._launch(log)
        _tell_guard(f"+ 1 {self.pid}")

    def _launch(self, log: IO[bytes]) -> Launched:
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # So that a kill reaches its children, too
        )

    def stop(self) -> None:
        """End it as an operator does: TERM, and a while to drain."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        self.kill()

    def kill(self) -> None:
        """End it and its children as a power cut does."""
        if self._process is None:
            return
        kill_group(self._process.pid)
        self._process.wait(GRACE_S)
        _tell_guard(f"- {self._process.pid}")
        self._process = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its children."""
        os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> int:
        """Wait until it has ended by itself; return its exit code."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process.wait(timeout_s)

    def said(self) -> str:
        """Return what it has written since it was started the last time."""
        with self.log.open("rb") as log:
            log.seek(self._began_at)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = 25) -> str:
        """Return the end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


@cache
def _guard() -> IO[bytes]:
    """Start what ends the processes when the tests themselves are killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.supervisor.guard"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    atexit.register(_dismiss, process)
    return process.stdin


def _tell_guard(line: str) -> None:
    _guard().write(f"{line}\n".encode())
    _guard().flush()


def _dismiss(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(GRACE_S)
