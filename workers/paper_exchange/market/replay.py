"""A price path from a file: trades or candles, one row after the other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

#: Columns of each kind of file; others are ignored, so exported candles fit as they are.
_TRADE_COLUMNS = ("price", "quantity")
_CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")


class ReplayError(Exception):
    """A file cannot be replayed; the message is the sentence for its user."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of the path: a price, and how much trades there (base)."""

    price: Decimal
    quantity: Decimal


def read_ticks(path: Path) -> list[Tick]:
    """Return the steps of a file with a header line; ReplayError for the first wrong row.

    A trade is one step; a candle is four: open, then the nearer extreme, the other one, close.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            ticks = list(_ticks(path, csv.DictReader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"--replay: {path} cannot be read: {error}") from error
    if not ticks:
        raise ReplayError(f"--replay: {path} has no rows")
    return ticks


def _ticks(path: Path, rows: csv.DictReader[str]) -> Iterator[Tick]:
    columns = set(rows.fieldnames or ())
    if columns.issuperset(_CANDLE_COLUMNS):
        names: tuple[str, ...] = _CANDLE_COLUMNS
    elif columns.issuperset(_TRADE_COLUMNS):
        names = _TRADE_COLUMNS
    else:
        wanted = f"{','.join(_TRADE_COLUMNS)} or {','.join(_CANDLE_COLUMNS)}"
        raise ReplayError(f"--replay: {path} needs a header with the columns {wanted}")
    for row in rows:
        numbers = [_number(path, rows.line_num, name, row[name]) for name in names]
        yield from _steps(numbers)


def _steps(numbers: list[Decimal]) -> Iterator[Tick]:
    if len(numbers) == len(_TRADE_COLUMNS):
        yield Tick(*numbers)
        return
    open_, high, low, close, volume = numbers
    extremes = (low, high) if close >= open_ else (high, low)
    for price in (open_, *extremes, close):
        yield Tick(price, volume / 4)


def _number(path: Path, line: int, name: str, text: str | None) -> Decimal:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number < 0 or (name not in {"volume", "quantity"} and not number):
        raise ReplayError(f"--replay: {path} line {line}: {name} {text!r} is not a number above 0")
    return number
