"""A real `augustan up` in a folder of its own, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port
from tests.waiting import eventually
from workers.supervisor.family import find_processes

#: Starting eleven processes on two busy cores.
START_TIMEOUT_S = 90.0


class RunningUp:
    """`augustan up` and what one may do with it from a second terminal in the same folder."""

    def __init__(
        self,
        folder: Path,
        configuration: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.arguments = arguments
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("AUGUSTAN")}
        self.environ |= environ or {}
        document = {"flower": {"port": free_port()}, **(configuration or {})}
        (folder / "augustan.json").write_text(json.dumps(document))
        self.addresses: dict[str, Any] = {}
        self.process = self._start()

    def wait_ready(self) -> None:
        """Wait for the line that says that everything answers."""
        eventually(self._read_addresses, timeout_s=START_TIMEOUT_S, message="up is not ready")

    def run(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run `augustan` with these arguments in the same folder."""
        command = [sys.executable, "-m", "workers.cli.main", *arguments]
        return self._run(command, timeout_s)

    def celery(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run plain `celery -A tasks` with these arguments in the same folder."""
        return self._run([sys.executable, "-m", "celery", "-A", "tasks", *arguments], timeout_s)

    def log(self) -> str:
        """Return everything that `up` printed."""
        return (self.folder / "up.log").read_text(errors="replace")

    def processes(self) -> dict[str, psutil.Process]:
        """Return the running processes of this `up` by name, without their own children."""
        return find_processes(self.process.pid, self.folder / "data")

    def left_behind(self) -> list[psutil.Process]:
        """Return every process, wherever it hangs, that was started for this folder."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def signal(self, number: int) -> None:
        """Send a signal to `up` itself."""
        self.process.send_signal(number)

    def restart(self) -> None:
        """Start again in the same folder, after the last one ended."""
        self.process = self._start()
        self.wait_ready()

    def end(self) -> None:
        """End it by force if need be, and everything of it."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        self.process.kill()
        self.process.wait()
        for process in self.left_behind():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workers.cli.main", "up", "--json", *self.arguments]
        with (self.folder / "up.log").open("ab") as log, self._out().open("wb") as out:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environ, stdout=out, stderr=log
            )

    def _out(self) -> Path:
        return self.folder / "up.out"

    def _read_addresses(self) -> bool:
        text = self._out().read_text()
        if self.process.poll() is not None:
            raise AssertionError(f"up ended with {self.process.returncode}:\n{self.log()[-2000:]}")
        self.addresses = json.loads(text) if text.endswith("}\n") else {}
        return bool(self.addresses)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.pid in (os.getpid(), self.process.pid):
                return False
            return process.environ().get("AUGUSTAN_DATA") == str(self.folder / "data")
        except psutil.Error:
            return False

    def _run(self, command: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@contextlib.contextmanager
def running_up(
    folder: Path, configuration: Mapping[str, Any] | None = None, **more: Any
) -> Iterator[RunningUp]:
    """Run `augustan up` in the folder until the block ends."""
    up = RunningUp(folder, configuration, **more)
    try:
        up.wait_ready()
        yield up
    finally:
        up.end()
