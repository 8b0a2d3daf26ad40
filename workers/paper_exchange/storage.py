"""The ledger on disk: one SQLite file, one transaction per answered request.

A commit reaches the operating system before the answer leaves, so a killed process loses nothing
that it has said; a transaction cut off by the kill is dropped by SQLite's own recovery.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

import orjson

from .spot.accounts import Account, Balance
from .spot.ledger import Changes, Ledger
from .spot.orders import Execution, Order

#: An exchange that has just been killed may still be letting go of the file.
_BUSY_TIMEOUT_S = 1.0
FILE_NAME = "paper_exchange.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    symbol TEXT, order_id INTEGER, body BLOB, PRIMARY KEY (symbol, order_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (number INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS balances (
    uid INTEGER, asset TEXT, free TEXT, locked TEXT, PRIMARY KEY (uid, asset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (uid INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS counters (
    symbol TEXT, what TEXT, number INTEGER, PRIMARY KEY (symbol, what)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_TABLES = ("orders", "executions", "balances", "counters", "texts")


class StorageError(Exception):
    """The data folder cannot be used; the message is the sentence for its user."""


class SqliteStorage:
    """Saves changes, and loads the ledger of an earlier run."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                folder / FILE_NAME, isolation_level=None, timeout=_BUSY_TIMEOUT_S
            )
            # One process owns the file: a second exchange on the same ledger would corrupt it
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            # The system's buffers survive a kill; only a power cut could lose the last commits
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"--data-dir: {folder} cannot be used: {error}") from error

    def save(self, changes: Changes) -> None:
        """Write everything that one request changed, all or nothing."""
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        if changes.is_reset:
            for table in _TABLES:
                run.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        for query, rows in _writes(changes):
            if rows:
                run.executemany(query, rows)
        run.execute("COMMIT")

    def load(self, ledger: Ledger) -> bool:
        """Fill a new ledger with what was saved; return whether there was anything."""
        for row in self._rows("SELECT body FROM accounts"):
            account = _unpacked_account(row[0])
            ledger.accounts[account.uid] = account
        for uid, asset, free, locked in self._rows("SELECT * FROM balances"):
            balance = Balance(free=Decimal(free), locked=Decimal(locked))
            ledger.accounts[uid].balances[asset] = balance
        for row in self._rows("SELECT body FROM orders ORDER BY symbol, order_id"):
            ledger.load_order(_unpacked_order(row[0]))
        for row in self._rows("SELECT body FROM executions ORDER BY number"):
            ledger.load_execution(_unpacked_execution(row[0]))
        for symbol, what, number in self._rows("SELECT * FROM counters"):
            ledger.counters[symbol, what] = number
        ledger.texts.update(dict(self._rows("SELECT * FROM texts")))
        return bool(ledger.accounts)

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        return iter(self._connection.execute(query))

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._connection.close()


def _writes(changes: Changes) -> list[tuple[str, list[tuple[object, ...]]]]:
    """Return the statements of a transaction, each with its rows."""
    return [
        (
            "REPLACE INTO orders VALUES (?, ?, ?)",
            [(o.symbol, o.order_id, _packed(o)) for o in changes.orders.values()],
        ),
        (
            "INSERT INTO executions (body) VALUES (?)",
            [(_packed(e),) for e in changes.executions],
        ),
        (
            "REPLACE INTO balances VALUES (?, ?, ?, ?)",
            [(uid, a, str(b.free), str(b.locked)) for (uid, a), b in changes.balances.items()],
        ),
        (
            "REPLACE INTO accounts VALUES (?, ?)",
            [(a.uid, _packed_account(a)) for a in changes.accounts.values()],
        ),
        (
            "REPLACE INTO counters VALUES (?, ?, ?)",
            [(symbol, what, n) for (symbol, what), n in changes.counters.items()],
        ),
        ("REPLACE INTO texts VALUES (?, ?)", list(changes.texts.items())),
    ]


_FIELDS = {kind: tuple(f.name for f in fields(kind)) for kind in (Order, Execution)}
_GETTERS = {kind: attrgetter(*names) for kind, names in _FIELDS.items()}
_DECIMALS = {
    kind: frozenset(f.name for f in fields(kind) if f.type == "Decimal")
    for kind in (Order, Execution)
}


def _packed(row: Order | Execution) -> bytes:
    kind = type(row)
    values = dict(zip(_FIELDS[kind], _GETTERS[kind](row), strict=True))
    for name in _DECIMALS[kind]:
        values[name] = str(values[name])
    return orjson.dumps(values)


def _values(kind: type[Order] | type[Execution], body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = orjson.loads(body)
    decimals = _DECIMALS[kind]
    return {k: Decimal(v) if k in decimals else v for k, v in values.items()}


def _unpacked_order(body: bytes) -> Order:
    values = _values(Order, body)
    values["client_order_ids"] = tuple(values["client_order_ids"])
    values["strategy"] = tuple((name, number) for name, number in values["strategy"])
    return Order(**values)


def _unpacked_execution(body: bytes) -> Execution:
    return Execution(**_values(Execution, body))


def _packed_account(account: Account) -> bytes:
    return orjson.dumps(
        {
            "uid": account.uid,
            "maker_rate": str(account.maker_rate),
            "taker_rate": str(account.taker_rate),
            "fee_asset": account.fee_asset,
            "can_trade": account.can_trade,
            "updated_at_ms": account.updated_at_ms,
        }
    )


def _unpacked_account(body: bytes) -> Account:
    values = orjson.loads(body)
    for name in ("maker_rate", "taker_rate"):
        values[name] = Decimal(values[name])
    return Account(**values)
