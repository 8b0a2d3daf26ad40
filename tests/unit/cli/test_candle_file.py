"""Candles from a file: exact, in order, or one sentence with the line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click
import pytest

from workers.cli.candle_file import parse_candles, read_candles

HEADING = "opened_at_ms,open,high,low,close,volume"


def test_numbers_are_exact_and_further_columns_are_passed_over() -> None:
    """A volume may be missing; exported files have more columns."""
    (candle,) = parse_candles(["close,opened_at_ms,note,open,high,low", "0.30,60000,x,0.1,0.4,0.1"])
    assert (candle.opened_at_ms, candle.close, candle.volume) == (60_000, Decimal("0.30"), 0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "names no column opened_at_ms"),
        (["opened_at_ms,open,high,low"], "names no column close"),
        ([HEADING], "holds no candle"),
        ([HEADING, "1,1,1,1,x,1"], "line 2: close is 'x'; it must be"),
        ([HEADING, "1,1,1,1,nan,1"], "line 2: close is 'nan'"),
        ([HEADING, "1,1,1,1"], "line 2: close is None"),
        ([HEADING, "1.5,1,1,1,1,1"], "opened_at_ms is 1.5; it must be whole"),
        ([HEADING, "1,5,6,5.5,6,1"], "low is 5.5; it must be at most open and close"),
        ([HEADING, "1,5,5.5,5,6,1"], "high is 5.5; it must be at least"),
        ([HEADING, "2,1,1,1,1,1", "2,1,1,1,1,1"], "opened_at_ms is 2 after 2"),
        ([HEADING, "2,1,1,1,1,1", "1,1,1,1,1,1"], "opened_at_ms is 1 after 2"),
    ],
)
def test_what_is_no_candle_is_told_with_its_line(lines: list[str], said: str) -> None:
    """Field, value and what is allowed."""
    with pytest.raises(click.UsageError, match=said):
        parse_candles(lines)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """And so is one that is no text."""
    with pytest.raises(click.UsageError, match="cannot be read"):
        read_candles(str(tmp_path / "nothing.csv"))
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(click.UsageError, match="cannot be read"):
        read_candles(str(tmp_path / "bytes.csv"))
