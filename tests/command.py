"""The command `augustan` in a process of its own, as a user runs it, and what it answered.

Each call is a real, fresh process. A fork server has the imports done beforehand, so that a
test with thirty commands does not spend half a minute on them; `run_installed` goes the whole
way from the script on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: Imports everything that a verb may import.
PRELOADED = ["tests.warm_command"]
#: No command may take longer than the longest wait that is configured, and some.
TIMEOUT_S = 90.0

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(PRELOADED)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a command ended and what it wrote."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document of --json."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            raise AssertionError(f"no JSON document: {self}") from None

    def expect(self, exit_code: int = 0) -> Answer:
        """Return itself; fail with all it said when it ended with another code."""
        assert self.exit_code == exit_code, f"expected exit code {exit_code}: {self}"
        assert "Traceback" not in self.stderr, f"a traceback: {self}"
        return self


class Call:
    """A command that was started."""

    def __init__(
        self, arguments: Sequence[str], environ: Mapping[str, str], folder: Path | str
    ) -> None:
        self._arguments = tuple(arguments)
        self._written = TemporaryDirectory()
        target = (self._arguments, dict(environ), str(folder), self._written.name)
        self._process = _forks.Process(target=_run, args=target)
        self._process.start()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT)

    def answer(self, timeout_s: float = TIMEOUT_S) -> Answer:
        """Wait for its end and return what it said."""
        self._process.join(timeout_s)
        exit_code = self._process.exitcode
        if exit_code is None:
            self._process.kill()
            self._process.join()
        stdout, stderr = (_read(self._written.name, name) for name in ("stdout", "stderr"))
        self._written.cleanup()
        assert exit_code is not None, f"{self._arguments} did not end: {stdout} {stderr}"
        return Answer(arguments=self._arguments, exit_code=exit_code, stdout=stdout, stderr=stderr)


def run_installed(
    arguments: Sequence[str], environ: Mapping[str, str], folder: Path | str
) -> Answer:
    """Run the installed script `augustan`, interpreter start included."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "augustan"), *arguments],
        env=dict(environ),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Answer(
        arguments=tuple(arguments),
        exit_code=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
    )


def _run(arguments: Sequence[str], environ: Mapping[str, str], folder: str, output: str) -> None:
    """Be the command: this environment, this folder, these arguments."""
    from workers.cli.main import run

    # As from a terminal, even where the tests themselves run in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        file = os.open(Path(output) / name, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, stream.fileno())
    sys.exit(run(arguments))


def _read(folder: str, name: str) -> str:
    path = Path(folder) / name
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
