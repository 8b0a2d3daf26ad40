"""The futures ledger on disk: one SQLite file beside the spot one, one row per thing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson

from workers.paper_exchange.packing import packed, unpacked
from workers.paper_exchange.sqlite_file import open_ledger_file

from .ledger import Ledger
from .ledger_rows import KINDS, RowKey

FILE_NAME = "paper_exchange_futures.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    kind TEXT, key TEXT, body BLOB, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
"""
#: Kinds whose rows are plain JSON.
_PLAIN = ("counter", "text")


class FuturesStorage:
    """Saves changes, and loads the ledger of an earlier run."""

    def __init__(self, folder: Path) -> None:
        self._connection: sqlite3.Connection = open_ledger_file(folder, FILE_NAME, _SCHEMA)

    def save(self, rows: dict[RowKey, object], *, is_reset: bool) -> None:
        """Write everything that one request changed, all or nothing."""
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        if is_reset:
            run.execute("DELETE FROM rows")
        run.executemany(
            "REPLACE INTO rows VALUES (?, ?, ?)",
            [(kind, key, _body(kind, row)) for (kind, key), row in rows.items()],
        )
        run.execute("COMMIT")

    def load(self, ledger: Ledger) -> bool:
        """Fill a new ledger with what was saved; return whether there was anything."""
        for kind, model in KINDS.items():
            for _, body in self._of(kind):
                ledger.load(kind, unpacked(model, body))
        for key, body in self._of("counter"):
            ledger.load_counter(key, orjson.loads(body))
        ledger.texts.update((key, orjson.loads(body)) for key, body in self._of("text"))
        return bool(ledger.accounts)

    def _of(self, kind: str) -> list[tuple[str, bytes]]:
        query = "SELECT key, body FROM rows WHERE kind = ? ORDER BY key"
        return self._connection.execute(query, (kind,)).fetchall()

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._connection.close()


def _body(kind: str, row: object) -> bytes:
    return orjson.dumps(row) if kind in _PLAIN else packed(row)
