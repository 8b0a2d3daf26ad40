"""One `augustan up` per data folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from engine.errors import ConfigurationError

FILE = "up.lock"

#: How long the processes of an `up` that was killed may take to end.
WAIT_S = 45.0


class FolderLock:
    """Held by `up` and, should it be killed, by the guard that ends its processes."""

    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        self._path = data_dir / FILE
        self._say = say
        self.descriptor = -1

    def acquire(self) -> None:
        """Take the lock; raise ConfigurationError while another `up` runs."""
        self.descriptor = _open(self._path)
        deadline_s = time.monotonic() + WAIT_S
        waited = False
        while not self._taken():
            holder = _holder(self._path)
            if psutil.pid_exists(holder) or time.monotonic() > deadline_s:
                raise ConfigurationError(
                    f"`augustan up` already runs on {self._path.parent} (process {holder}):"
                    " stop it first, or use another data folder (AUGUSTAN_DATA)."
                )
            if not waited:
                self._say("waiting for the processes of an earlier `up` to end")
                waited = True
            time.sleep(0.1)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Give the lock back."""
        os.close(self.descriptor)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {path.parent} cannot be used: {error.strerror}."
        ) from None


def _holder(path: Path) -> int:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else 0
