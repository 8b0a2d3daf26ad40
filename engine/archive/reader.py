"""Read what left for the archive: each record once, however often a crash had it written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import TypeVar

from engine.archive.folder import account_folder, read_id
from engine.archive.lines import (
    Line,
    decode_order,
    decode_row,
    decode_signal,
    named,
    parse,
)
from engine.archive.segments import find_lines, list_segments, read_lines
from engine.domain.fill import LedgerRow
from engine.domain.identity import ORDER_PREFIX, AccountIdentity
from engine.domain.order import Order
from engine.errors import ArchiveUnreadable
from engine.ports.history import ArchivedOrder, ArchivedRow, ArchivedSignal

T = TypeVar("T")

ORDERS, ROWS, SIGNALS = "orders", "rows", "signals"


class ArchiveReader:
    """Implements the port History on one account's files.

    `expected_id` tells which archive the account's orders went to; the folder must be that one.
    """

    def __init__(
        self, folder: Path, identity: AccountIdentity, expected_id: Callable[[], str | None]
    ) -> None:
        self._root = folder
        self._folder = account_folder(folder, identity)
        self._expected_id = expected_id
        self._is_checked = False

    def find_order(self, client_order_id: str) -> ArchivedOrder | None:
        """Return the order as it left first; None when it never left, or nothing has."""
        for line in self._find(ORDERS, named("id", client_order_id) + b'"'):
            if line["id"] == client_order_id:
                return decode_order(line)
        return None

    def search_orders(self, word: str) -> list[Order]:
        """Return orders whose id begins so, or whose exchange order id it is."""
        orders: dict[str, Order] = {}
        lines = [*self._find(ORDERS, named("exchange_order_id", word) + b'"')]
        if word.startswith(ORDER_PREFIX):
            lines += self._find(ORDERS, named("id", word))
        for line in lines:
            if line["id"].startswith(word) or line["exchange_order_id"] == word:
                orders.setdefault(line["id"], decode_order(line).order)
        return list(orders.values())

    def has_row(self, row: LedgerRow) -> bool:
        """Tell whether a row was booked in its own ledger before it left.

        A store that was lost counts the exchange's ledgers from 0 again, so that an older one's
        numbers may come twice. What left was old by then; what was executed later is another row.
        """
        wanted = (row.row_id, row.ledger, row.ledger_epoch)
        return any(
            (line["row_id"], line["symbol"], line["ledger_epoch"]) == wanted
            and row.executed_at_ms <= line["left_at_ms"]
            for line in self._find(ROWS, named("row_id", row.row_id) + b'"')
        )

    def list_orders(self) -> Iterator[Order]:
        lines = self._once(ORDERS, lambda line: line["id"])
        return (decode_order(line).order for line in lines)

    def list_rows(self) -> Iterator[ArchivedRow]:
        lines = self._once(
            ROWS,
            lambda line: (
                *(line["ledger_epoch"], line["symbol"], line["row_id"]),
                line["row"]["executed_at_ms"],
            ),
        )
        return (decode_row(line) for line in lines)

    def list_signals(self) -> Iterator[ArchivedSignal]:
        lines = self._once(SIGNALS, lambda line: (line["id"], line["signal"]["signal"]))
        return (decode_signal(line) for line in lines)

    # ---- inside ------------------------------------------------------------------------------

    def _once(self, kind: str, key: Callable[[Line], object]) -> Iterator[Line]:
        seen: set[Hashable] = set()
        for path in self._segments(kind):
            for text in read_lines(path):
                line = parse(text)
                if line is None or (name := str(key(line))) in seen:
                    continue
                seen.add(name)
                yield line

    def _find(self, kind: str, text: bytes) -> Iterator[Line]:
        for path in self._segments(kind):
            for found in find_lines(path, text):
                line = parse(found)
                if line is not None:
                    yield line

    def _segments(self, kind: str) -> list[Path]:
        """Return the files of a kind; none where nothing has left yet."""
        expected = None if self._is_checked else self._expected_id()
        if not self._is_checked and expected is None:
            return []
        if not self._is_checked and read_id(self._root) != expected:
            raise ArchiveUnreadable(
                f"older orders of the account are in an archive that is not in {self._root}: ask"
                " where the archive is kept, or set archive.folder to it."
            )
        self._is_checked = True
        return list_segments(self._folder, kind)
