"""Find the processes of a running `augustan up`, by the names that it gives them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import psutil

from workers.supervisor.kept import FILE

#: What each process has on its command line, and no other. Redis shows its port there.
MARKS = {
    "state": "-server 127.0.0.1:{state}",
    "messages": "-server 127.0.0.1:{messages}",
    "paper": "workers.supervisor.paper",
    "emergency": "emergency@%h",
    "cancel": "cancel@%h",
    "worker": "worker@%h",
    "stream-1": "workers.stream_listener stream-1",
    "stream-2": "workers.stream_listener stream-2",
    "beat-1": "beat-1@%h",
    "beat-2": "beat-2@%h",
    "flower": "flower",
    "guard": "workers.supervisor.guard",
}


def find_processes(pid: int, data_dir: Path) -> dict[str, psutil.Process]:
    """Return the running processes of the `up` with this pid and data folder, by name.

    Without their own children; a process that is just being started again is missing.
    """
    ports = json.loads((data_dir / FILE).read_text())
    marks = {name: mark.format(**ports) for name, mark in MARKS.items()}
    found: dict[str, psutil.Process] = {}
    for process in psutil.Process(pid).children():
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            found |= {name: process for name, mark in marks.items() if mark in line}
    return found
