"""Write documents as a file that other programs read: CSV, JSON lines or Parquet.

Amounts stay text in each of them, so that no reader rounds one.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from engine.errors import ConfigurationError

Documents = Sequence[Mapping[str, Any]]


def to_csv(documents: Documents, columns: Sequence[str]) -> bytes:
    """Return a table with a heading; what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(document.get(name)) for name in columns] for document in documents)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, Mapping | list) else value


def to_jsonl(documents: Documents, columns: Sequence[str]) -> bytes:
    """Return one JSON object a line."""
    shown = ({name: document.get(name) for name in columns} for document in documents)
    return b"".join(orjson.dumps(document) + b"\n" for document in shown)


def to_parquet(documents: Documents, columns: Sequence[str]) -> bytes:
    """Return a Parquet file; times are whole milliseconds.

    Raises ConfigurationError where its library is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError(
            "--format parquet needs pyarrow: install augustan[parquet], or choose csv or jsonl."
        ) from None
    fields = [(name, _parquet_type(pyarrow, name)) for name in columns]
    rows = [{name: _plain(document.get(name)) for name in columns} for document in documents]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(fields)), sink)
    return bytes(sink.getvalue().to_pybytes())


def _parquet_type(pyarrow: Any, name: str) -> Any:
    if name.endswith("_ms") or name in {"number", "ledger_epoch"}:
        return pyarrow.int64()
    return pyarrow.string()


def _plain(value: Any) -> Any:
    return _cell(value) if isinstance(value, bool | Mapping | list) else value


FORMATS: dict[str, Callable[[Documents, Sequence[str]], bytes]] = {
    "csv": to_csv,
    "jsonl": to_jsonl,
    "parquet": to_parquet,
}


def write_whole(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; ConfigurationError when it exists or cannot be written."""
    if path.exists() and not force:
        raise ConfigurationError(f"--out {path} exists; --force writes over it.")
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except (OSError, ValueError) as error:
        fresh.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or "its name is not possible"
        raise ConfigurationError(f"--out {path} cannot be written: {reason}.") from None
