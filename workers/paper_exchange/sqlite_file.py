"""A ledger's file: opened for one process alone, safe against a kill at any moment."""

from __future__ import annotations

import sqlite3
from pathlib import Path

#: An exchange that has just been killed may still be letting go of the file.
_BUSY_TIMEOUT_S = 1.0


class StorageError(Exception):
    """The data folder cannot be used; the message is the sentence for its user."""


def open_ledger_file(folder: Path, name: str, schema: str) -> sqlite3.Connection:
    """Return the file, made if need be; StorageError when it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / name, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        # One process owns the file: a second exchange on the same ledger would corrupt it
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        # The system's buffers survive a kill; only a power cut could lose the last commits
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(schema)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"--data-dir: {folder} cannot be used: {error}") from error
    return connection
