"""Orders in a file: CSV, a JSON list, or one JSON object a line.

The names of the fields are those of the options of `order place`. A row that cannot be read is
told by where it stands, with field, value and what is allowed; all of them are told at once.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import TypeAdapter, ValidationError

from engine.domain.decimals import shorten
from engine.errors import InvalidRequest
from engine.order_manager import OrderRequest
from workers.cli.durations import read_duration

#: Rows of the largest group come nowhere near; anything above is another file.
MOST_BYTES = 1_000_000
STDIN = "-"
FORMATS = (".csv", ".json", ".jsonl")
#: What a row may say, and the name of it in an OrderRequest.
FIELDS = {
    "symbol": "symbol",
    "side": "side",
    "quantity": "quantity",
    "quote": "quote_quantity",
    "type": "order_type",
    "price": "price",
    "trigger_price": "trigger_price",
    "trailing_rate": "trailing_rate",
    "activation_price": "activation_price",
    "cancel_after": "cancel_after_ms",
    "time_in_force": "time_in_force",
    "post_only": "post_only",
    "reduce_only": "reduce_only",
    "stop_loss": "stop_loss",
    "take_profit": "take_profit",
    "stop_trigger_by": "stop_trigger_by",
    "close_position": "close_position",
    "good_till_ms": "good_till_ms",
    "trigger_by": "trigger_by",
    "position_side": "position_side",
}
FLAGS = frozenset({"post_only", "reduce_only", "close_position"})
TIMES = frozenset({"good_till_ms"})

_FLAG = TypeAdapter(bool)


class Row(NamedTuple):
    """One order as it was written; `fault` says why it cannot be read at all."""

    place: str  # "line 3", or "order 3" of a JSON list
    fields: dict[str, Any]
    fault: str = ""


def read_rows(path: str) -> tuple[Row, ...]:
    """Return the rows of a file, or of standard input; UsageError when it is no such file."""
    text = _read_text(path)
    kind = Path(path).suffix.lower() if path != STDIN else _guess(text)
    if kind not in FORMATS:
        raise click.UsageError(f"file is {shorten(path)}; it must end in {', '.join(FORMATS)}")
    try:
        rows = tuple(_READERS[kind](text))
    except (csv.Error, ValueError, RecursionError) as error:
        raise click.UsageError(f"file {shorten(path)} is no {kind[1:].upper()}: {error}") from None
    if not rows:
        raise click.UsageError(f"file {shorten(path)} holds no order")
    return rows


def _read_text(path: str) -> str:
    try:
        if path == STDIN:
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as file:
                raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"file {shorten(path)} cannot be read: {said}") from None
    if len(raw) > MOST_BYTES:
        raise click.UsageError(f"file {shorten(path)} has more than {MOST_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError(f"file {shorten(path)} is no UTF-8 text") from None


def _guess(text: str) -> str:
    """Tell what standard input brings by how it begins."""
    return {"[": ".json", "{": ".jsonl"}.get(text.lstrip()[:1], ".csv")


def _read_csv(text: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(lines, [])]
    if len(set(header)) < len(header):
        raise ValueError("its header names a field twice")
    for cells in lines:
        place = f"line {lines.line_num}"
        if len(cells) > len(header):
            yield Row(place, {}, f"it has {len(cells)} cells; the header names {len(header)}.")
        elif any(cell.strip() for cell in cells):
            named = zip(header, (cell.strip() for cell in cells), strict=False)
            yield Row(place, {name: cell for name, cell in named if cell})


def _read_json(text: str) -> Iterator[Row]:
    listed = _parse(text)
    if not isinstance(listed, list):
        raise ValueError("it must be one list of orders")
    return (_json_row(f"order {number}", item) for number, item in enumerate(listed, start=1))


def _read_json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            yield _json_row(place, _parse(line))
        except (ValueError, RecursionError) as error:
            yield Row(place, {}, f"it is no JSON: {error}.")


def _json_row(place: str, item: Any) -> Row:
    if not isinstance(item, dict):
        return Row(place, {}, f"it is {shorten(item)}; it must be an object.")
    return Row(place, {name: value for name, value in item.items() if value is not None})


def _parse(text: str) -> Any:
    """Return the JSON of `text`; numbers stay as they are written, and so exact."""
    return json.loads(
        text,
        parse_float=str,
        parse_int=str,
        parse_constant=str,
        object_pairs_hook=_without_doubles,
    )


def _without_doubles(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{shorten(name)} is named twice")
        found[name] = value
    return found


_READERS: dict[str, Callable[[str], Iterator[Row]]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
}


def to_request(row: Row, account: str) -> OrderRequest:
    """Return the order of a row; InvalidRequest for a field that no order has, or must have.

    Words and numbers are checked where those of every other order are.
    """
    if row.fault:
        raise InvalidRequest(row.fault)
    for name in row.fields:
        if name not in FIELDS:
            raise InvalidRequest(
                f"{shorten(name)} is no field; it must be one of {', '.join(FIELDS)}."
            )
    for name in ("symbol", "side"):
        if not isinstance(row.fields.get(name), str):
            raise InvalidRequest(f"{name} is {shorten(row.fields.get(name))}; it must be a word.")
    words = {FIELDS[name]: _word(name, value) for name, value in row.fields.items()}
    amounts = [name for name in ("quantity", "quote_quantity", "close_position") if words.get(name)]
    if len(amounts) != 1:
        raise InvalidRequest("quantity or quote or close_position is needed, one of them.")
    return OrderRequest(**words, account=account)


def _word(name: str, value: Any) -> Any:
    if name in TIMES:
        return _time_ms(name, value)
    if name == "cancel_after":
        return read_duration(value, name)
    return _flag(name, value) if name in FLAGS else value


def _time_ms(name: str, value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise InvalidRequest(f"{name} is {shorten(value)}; it must be a whole number of ms.")


def _flag(name: str, value: Any) -> bool:
    try:
        return _FLAG.validate_python(value)
    except ValidationError:
        raise InvalidRequest(f"{name} is {shorten(value)}; it must be true or false.") from None
