"""Read settings from environment variables.

`AUGUSTAN__ACCOUNTS__BINANCE__API_KEY=…` sets `accounts.binance.api_key`; two underscores
separate, case does not matter. A few addresses have short names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ConfigurationError

PREFIX = "AUGUSTAN__"

#: Short names, which the processes of `augustan up` are given. They win over the long ones.
SHORT = {
    "AUGUSTAN_STORE_URL": ("store", "url"),
    "AUGUSTAN_BROKER_URL": ("store", "broker_url"),
    "AUGUSTAN_RESULT_URL": ("store", "result_url"),
    "AUGUSTAN_PAPER_URL": ("paper", "url"),
}

#: Deeper than any setting; a longer name is a mistake.
MAX_DEPTH = 6

YES = frozenset({"yes", "true", "1", "on"})
NO = frozenset({"no", "false", "0", "off", ""})

Path = tuple[str, ...]


def read_environment(environ: Mapping[str, str]) -> dict[Path, str]:
    """Return the settings that the environment holds, by path. Empty values count as absent."""
    found: dict[Path, str] = {}
    for name in sorted(environ):
        path = _path(name)
        if path is None or environ[name] == "":
            continue
        if path in found and found[path] != environ[name]:
            raise ConfigurationError(f"{variable_name(path)[:80]} is given twice; keep one.")
        found[path] = environ[name]
    for path in found:
        if (*path[:-1], f"{path[-1]}_file") in found:
            name = variable_name(path)[:80]
            raise ConfigurationError(f"{name} and {name}_FILE are both given; keep one of them.")
    for name, path in SHORT.items():
        if environ.get(name):
            found.pop((*path[:-1], f"{path[-1]}_file"), None)
            found[path] = environ[name]
    return found


def variable_name(path: Path) -> str:
    """Return the variable that sets the value at `path`."""
    return PREFIX + "__".join(part.upper().replace("-", "_") for part in path)


def is_yes(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether a switch is on; raise ConfigurationError when it says neither yes nor no."""
    word = environ.get(name, "").strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ConfigurationError(f"{name} must be yes or no, not {word[:40]!r}.")


def put(document: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at `path`, making the objects on the way.

    An existing key that differs only in `-` and `_` is taken: variables cannot hold a `-`.
    A value and the file that would hold it replace each other.
    Raises ConfigurationError when the path leads through something that is no object.
    """
    node = document
    for depth, part in enumerate(path[:-1], start=1):
        inner = node.setdefault(_existing(node, part), {})
        if not isinstance(inner, dict):
            place = ".".join(path[:depth])
            raise ConfigurationError(f"{place[:80]} must be an object, not a single value.")
        node = inner
    key = _existing(node, path[-1])
    node.pop(key.removesuffix("_file") if key.endswith("_file") else f"{key}_file", None)
    node[key] = value


def _path(name: str) -> Path | None:
    if not name.upper().startswith(PREFIX):
        return None
    path = tuple(part.lower() for part in name[len(PREFIX) :].split("__"))
    if len(path) > MAX_DEPTH or not all(path):
        raise ConfigurationError(
            f"The variable {name[:80]!r} names no setting;"
            " the form is AUGUSTAN__SECTION__KEY, for example AUGUSTAN__STORE__URL."
        )
    return path


def _existing(node: Mapping[str, Any], part: str) -> str:
    for key in node:
        if key.lower().replace("-", "_") == part:
            return key
    return part
