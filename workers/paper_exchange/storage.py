"""The ledger on disk: one SQLite file, one transaction per answered request.

A commit reaches the operating system before the answer leaves, so a killed process loses nothing
that it has said; a transaction cut off by the kill is dropped by SQLite's own recovery.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from .packing import packed, unpacked
from .spot.accounts import Account, Balance
from .spot.ledger import Changes, Ledger
from .spot.order_lists import OrderList
from .spot.orders import Execution, Order
from .sqlite_file import open_ledger_file

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
CREATE TABLE IF NOT EXISTS order_lists (list_id INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS texts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_TABLES = ("orders", "executions", "balances", "counters", "texts", "order_lists")


class SqliteStorage:
    """Saves changes, and loads the ledger of an earlier run."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_ledger_file(folder, FILE_NAME, _SCHEMA)

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
            ledger.load_order(unpacked(Order, row[0]))
        for row in self._rows("SELECT body FROM executions ORDER BY number"):
            ledger.load_execution(unpacked(Execution, row[0]))
        for row in self._rows("SELECT body FROM order_lists ORDER BY list_id"):
            order_list = unpacked(OrderList, row[0])
            ledger.lists[order_list.list_id] = order_list
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
            [(o.symbol, o.order_id, packed(o)) for o in changes.orders.values()],
        ),
        (
            "INSERT INTO executions (body) VALUES (?)",
            [(packed(e),) for e in changes.executions],
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
        (
            "REPLACE INTO order_lists VALUES (?, ?)",
            [(number, packed(row)) for number, row in changes.lists.items()],
        ),
        ("REPLACE INTO texts VALUES (?, ?)", list(changes.texts.items())),
    ]


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
