"""An `augustan up` of a verb's own: started, found, ended, and gone without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.config.load import RUNNING_FILE
from engine.errors import ConfigurationError
from workers.supervisor.guard import kill_group

#: Nine processes on a laptop under load.
START_TIMEOUT_S = 120.0
#: To drain and to end in order; each child has a shorter grace.
STOP_TIMEOUT_S = 90.0
LOOK_EVERY_S = 0.1
PROJECT = str(Path(__file__).parents[2])


class PrivateUp:
    """Use it with `with`: whatever ends the block, no process is left.

    A guard ends the processes should this one be killed: it reads from a pipe that only we hold.
    """

    def __init__(
        self, folder: Path, document: dict[str, Any], *, keeps_temporary: bool = False
    ) -> None:
        """`keeps_temporary`: processes put temporary files into the folder, too.

        What is killed cleans up nothing: it goes with the folder then.
        """
        self.config = folder / "augustan.json"
        self.config.write_text(json.dumps(document, indent=2))
        self._folder = folder
        self._environ = clean_environ(self.config)
        if keeps_temporary:
            self._environ["TMPDIR"] = str(folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PrivateUp:
        try:
            self._start()
        except BaseException:  # Ctrl-C too: what was started must not stay
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def log(self) -> Path:
        """Everything that the processes print."""
        return self._folder / "up.log"

    @property
    def pid(self) -> int:
        """The process of `up` itself, whose children are all others."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def await_addresses(self) -> dict[str, Any]:
        """Return where the processes answer, once all do; ConfigurationError when they do not."""
        return self._await(self.find_addresses)

    def await_paper(self) -> str:
        """Return where the paper exchange answers: earlier than the processes that ask it."""
        return str(self._await(self._find_running)["paper_url"])

    def find_addresses(self) -> dict[str, Any] | None:
        """Return where the processes answer, or None while they start.

        Raises ConfigurationError when `up` ended instead.
        """
        return self._find(self._folder / "up.json")

    def flower_password(self) -> str:
        """Return the password that `up` made for Flower's page."""
        return (self._folder / "data" / "flower-password").read_text().strip()

    def _find_running(self) -> dict[str, Any] | None:
        return self._find(self._folder / "data" / RUNNING_FILE)

    def _find(self, path: Path) -> dict[str, Any] | None:
        text = path.read_text().rstrip() if path.exists() else ""
        if text.endswith("}"):
            addresses: dict[str, Any] = json.loads(text)
            return addresses
        assert self._process is not None, "it was not started"
        if self._process.poll() is not None:
            raise ConfigurationError(f"The processes cannot start: {self._last_words()}")
        return None

    def _await(self, find: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while (found := find()) is None:
            if time.monotonic() > deadline_s:
                raise ConfigurationError(
                    f"The processes did not answer within {START_TIMEOUT_S:.0f} s."
                )
            time.sleep(LOOK_EVERY_S)
        return found

    def _start(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "workers.supervisor.guard"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us alone: we then end all in order
            cwd=PROJECT,
        )
        with self.log.open("wb") as log, (self._folder / "up.json").open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers.cli.main", "up", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=self._environ,
                cwd=PROJECT,
                start_new_session=True,
            )
        self._tell(f"+ 0 {self._process.pid}")

    def _end(self) -> None:
        process, guard = self._process, self._guard
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                kill_group(process.pid)  # Its own guard then ends what it ran
                process.wait()
        if guard is not None and guard.stdin is not None:
            self._tell("done")
            guard.stdin.close()
            guard.wait()

    def _tell(self, line: str) -> None:
        assert self._guard is not None
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{line}\n".encode())
        self._guard.stdin.flush()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no word")


def use_environment(config: Path) -> None:
    """Let this process load that configuration and nothing of another Augustan."""
    environ = clean_environ(config)
    os.environ.clear()
    os.environ.update(environ)


def clean_environ(config: Path) -> dict[str, str]:
    """Return the environment with nothing of another Augustan, and this configuration.

    A store, a key or a live switch of the user's must not reach what runs here.
    """
    others = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    return {**others, "AUGUSTAN_CONFIG": str(config)}


def _is_ours(name: str) -> bool:
    return name.upper().startswith("AUGUSTAN")
