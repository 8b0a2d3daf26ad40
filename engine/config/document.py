"""Read a JSON file strictly: exact numbers, no repeated keys, no surprises of size."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from engine.errors import ConfigurationError

#: No configuration is this large; a wrong path may lead to anything.
MAX_BYTES = 1_000_000
#: Digits before or after the point beyond which a number stays text (and is then refused).
MAX_DIGITS = 30


def is_comment(key: str) -> bool:
    """Return whether a key only speaks to people (`_why`, `//`)."""
    return key.startswith(("_", "//"))


def read_document(path: Path) -> dict[str, Any]:
    """Return the object that the file holds, comments left out.

    Raises ConfigurationError with one sentence that names the file, and for broken JSON
    the line and the column.
    """
    text = _decoded(path, read_bytes(path, "configuration file"))
    try:
        document = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise ConfigurationError(f"{path} is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply.") from None
    except _Refused as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} must hold one JSON object, {{...}}.")
    return document


def read_bytes(path: Path, what: str) -> bytes:
    """Return a small file's content; raise ConfigurationError in one sentence."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"The {what} {path} is not a file.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise ConfigurationError(f"The {what} {path} cannot be read: {reason}.") from None
    except ValueError:
        raise ConfigurationError(f"The path of the {what} holds a null character.") from None
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"The {what} {path} is larger than {MAX_BYTES} bytes.")
    return content


class _Refused(Exception):
    """JSON that Python would read, and should not."""


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text (byte {error.start}).") from None


def _number(text: str) -> int | Decimal | str:
    # A number out of all proportion stays text: the field's own check then names the field
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if len(text) > 2 * MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return text
    return number if any(char in text for char in ".eE") else int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if is_comment(key):
            continue
        if key in seen:
            raise _Refused(f"the key {key[:40]!r} is given twice.")
        seen[key] = value
    return seen
