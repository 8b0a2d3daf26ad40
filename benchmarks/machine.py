"""What the figures were measured on."""

from __future__ import annotations

import os
import platform

import psutil

from engine.store.server import find_program


def describe_machine() -> str:
    """Return the machine in one line, with how busy it was."""
    version = ".".join(map(str, find_program().version))
    busy = " / ".join(f"{load:.1f}" for load in psutil.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.python_implementation()}"
        f" {platform.python_version()}, Redis {version}; load of the last 1 / 5 / 15 minutes {busy}"
    )
