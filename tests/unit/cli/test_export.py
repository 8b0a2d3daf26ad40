"""Files for other programs: exact, whole or not there, and one sentence for what cannot be."""

from __future__ import annotations

import csv
import io
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.errors import ConfigurationError
from workers.cli.export import Moment, is_within
from workers.cli.sheet_files import to_csv, to_jsonl, to_parquet, write_whole

DOCUMENTS = [{"price": "1.10", "note": "a,b\n", "ok": True, "executed_at_ms": 5}, {"price": None}]
COLUMNS = ("price", "note", "ok", "executed_at_ms")


def test_csv_comes_back_as_text() -> None:
    """Amounts keep their zeros, commas and line ends are quoted, what is unknown is empty."""
    rows = list(csv.reader(io.StringIO(to_csv(DOCUMENTS, COLUMNS).decode(), newline="")))

    assert rows == [list(COLUMNS), ["1.10", "a,b\n", "true", "5"], ["", "", "", ""]]


def test_json_lines_have_every_column() -> None:
    """One object a line."""
    lines = [json.loads(line) for line in to_jsonl(DOCUMENTS, COLUMNS).splitlines()]

    assert lines == [{name: document.get(name) for name in COLUMNS} for document in DOCUMENTS]


@pytest.mark.skipif(find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_parquet_without_its_library_is_one_sentence() -> None:
    """It says what to install."""
    with pytest.raises(ConfigurationError, match=r"install augustan\[parquet\]"):
        to_parquet(DOCUMENTS, COLUMNS)


def test_a_file_is_not_written_over_unasked(tmp_path: Path) -> None:
    """Nor is anything left where nothing can be written."""
    path = tmp_path / "out.csv"
    write_whole(path, b"one", force=False)
    with pytest.raises(ConfigurationError, match="--force"):
        write_whole(path, b"two", force=False)
    write_whole(path, b"two", force=True)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_whole(tmp_path / "no" / "out.csv", b"", force=False)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"out.csv": b"two"}


def test_times_are_utc_and_the_end_is_outside() -> None:
    """A day begins at midnight UTC; an offset counts."""
    convert = Moment().convert

    assert convert("1970-01-02", None, None) == 86_400_000
    assert convert("1970-01-01T01:00+01:00", None, None) == 0
    assert [is_within(time_ms, 5, 7) for time_ms in (4, 5, 6, 7)] == [False, True, True, False]
