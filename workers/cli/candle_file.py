"""Candles in a CSV file: opened_at_ms, open, high, low, close and, if known, volume."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

import click

from engine.domain.candle import Candle
from engine.domain.decimals import parse_number, parse_positive, shorten
from engine.errors import InvalidRequest

PRICES = ("open", "high", "low", "close")
COLUMNS = ("opened_at_ms", *PRICES)
MOST_CANDLES = 100_000


def read_candles(path: str) -> tuple[Candle, ...]:
    """Return the candles of a file; UsageError with the line, the field and what is allowed."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return parse_candles(file)
    except (OSError, ValueError, csv.Error) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"file {shorten(path)} cannot be read: {said}") from None


def parse_candles(lines: Iterable[str]) -> tuple[Candle, ...]:
    """Return the candles of the lines, oldest first; UsageError for what is none."""
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise click.UsageError(
            f"the first line names no column {missing[0]}; it must name {', '.join(COLUMNS)}"
        )
    candles = tuple(_candles(reader))
    if not candles:
        raise click.UsageError("the file holds no candle")
    for before, after in pairwise(candles):
        if after.opened_at_ms <= before.opened_at_ms:
            raise click.UsageError(
                f"opened_at_ms is {after.opened_at_ms} after {before.opened_at_ms};"
                " candles must follow each other, oldest first"
            )
    return candles


def _candles(reader: csv.DictReader[str]) -> Iterator[Candle]:
    for number, row in enumerate(reader, start=1):
        if number > MOST_CANDLES:
            raise click.UsageError(f"the file holds more than {MOST_CANDLES} candles")
        try:
            yield _candle(row)
        except InvalidRequest as error:
            raise click.UsageError(f"line {reader.line_num}: {error}") from None


def _candle(row: Mapping[str, str | None]) -> Candle:
    prices = {name: parse_positive(row[name], name) for name in PRICES}
    if not prices["low"] <= min(prices["open"], prices["close"]):
        raise InvalidRequest(f"low is {row['low']}; it must be at most open and close.")
    if not prices["high"] >= max(prices["open"], prices["close"]):
        raise InvalidRequest(f"high is {row['high']}; it must be at least open and close.")
    return Candle(
        opened_at_ms=_time(row["opened_at_ms"]),
        volume=parse_number(row.get("volume") or "0", "volume"),
        **prices,
    )


def _time(text: str | None) -> int:
    number = parse_positive(text, "opened_at_ms")
    if number != number.to_integral_value() or number >= Decimal(10) ** 15:
        raise InvalidRequest(f"opened_at_ms is {text}; it must be whole milliseconds since 1970.")
    return int(number)
