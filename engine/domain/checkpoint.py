"""What the ledger rows of one symbol came to that have left the store for the archive. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from itertools import accumulate

from engine.domain.decimals import EXACT, ZERO
from engine.domain.fill import Fill, LedgerRow, asset_changes
from engine.domain.position import Position, empty_position, fold, split_symbol


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The first rows of a ledger, folded: whatever needs all rows begins here."""

    position: Position  # Their fold; its cursor is their number
    assets: Mapping[str, Decimal] = field(default_factory=dict)  # What they did to each total
    until_ms: int = -1  # Exchange time of the newest of them
    until_number: str = ""  # The largest of their trade ids that is a number
    newest_fill: Fill | None = None  # Of them; the exchange knows it, unless it forgot everything

    @property
    def symbol(self) -> str:
        return self.position.symbol

    @property
    def rows(self) -> int:
        """How many rows left, counted from the first that was ever booked."""
        return self.position.cursor

    def may_cover(self, row: LedgerRow) -> bool:
        """Tell whether the row may be one that left: its own id is no longer in the store.

        By time or by number, whichever says so: who asks the archive then learns the truth.
        """
        if row.executed_at_ms <= self.until_ms:
            return True
        number = trade_number(row)
        return bool(number and self.until_number) and not is_above(number, self.until_number)


def empty_checkpoint(account: str, symbol: str) -> Checkpoint:
    """Return the checkpoint of a ledger that is still whole."""
    return Checkpoint(position=empty_position(account, symbol))


def advance(checkpoint: Checkpoint, rows: Sequence[LedgerRow]) -> Checkpoint:
    """Return the checkpoint after the next `rows` of the ledger have left."""
    numbers = [checkpoint.until_number, *(trade_number(row) for row in rows)]
    position = fold_from(checkpoint, rows)
    fills = [row for row in (checkpoint.newest_fill, *rows) if isinstance(row, Fill)]
    return Checkpoint(
        position=replace(position, cursor=checkpoint.rows + len(rows)),
        assets=_add_changes(checkpoint.assets, rows),
        until_ms=max([checkpoint.until_ms, *(row.executed_at_ms for row in rows)]),
        until_number=max(numbers, key=_size),
        newest_fill=max(fills, key=lambda fill: fill.sort_key, default=None),
    )


def fold_from(checkpoint: Checkpoint, rows: Iterable[LedgerRow]) -> Position:
    """Return the position of the rows that left and of these.

    The quantity is exact whatever comes. A row that belongs before the checkpoint meets the entry
    price of the checkpoint instead of that of its own time, so it may move profit between
    realized and unrealized; their sum stays right.
    """
    position = fold(checkpoint.position, rows)
    newest = max(checkpoint.position.last_sort_key, position.last_sort_key)
    return replace(position, last_sort_key=newest)


def count_leaving(rows: Sequence[LedgerRow], before_ms: int, most: int) -> int:
    """Return how many of the first rows may leave together, at most `most`.

    All of them are older than `before_ms` (exchange time), and none that stays belongs before one
    that leaves: so the fold of those that left is the fold that was.
    """
    young = (at for at, row in enumerate(rows) if row.executed_at_ms >= before_ms)
    old = min(next(young, len(rows)), most)
    keys = [row.sort_key for row in rows]
    newest_of_first = list(accumulate(keys[:old], max))
    oldest_of_rest = list(accumulate(reversed(keys), min))[::-1]
    for count in range(old, 0, -1):
        if count == len(rows) or newest_of_first[count - 1] < oldest_of_rest[count]:
            return count
    return 0


def trade_number(row: LedgerRow) -> str:
    """Return the trade id where it is a number, without leading zeros; else empty."""
    if not isinstance(row, Fill) or not (row.trade_id.isascii() and row.trade_id.isdigit()):
        return ""
    return row.trade_id.lstrip("0") or "0"


def is_above(number: str, other: str) -> bool:
    """Compare two numbers of any length by their digits: a float would lose the last ones."""
    return _size(number) > _size(other)


def _size(number: str) -> tuple[int, str]:
    return (len(number), number)


def _add_changes(assets: Mapping[str, Decimal], rows: Iterable[LedgerRow]) -> dict[str, Decimal]:
    totals = dict(assets)
    with localcontext(EXACT):
        for row in rows:
            for asset, change in asset_changes(row, *split_symbol(row.symbol)).items():
                totals[asset] = totals.get(asset, ZERO) + change
    return totals
