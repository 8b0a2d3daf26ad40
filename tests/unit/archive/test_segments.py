"""Append-only files: what was kept is read, whatever a crash left behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.archive.folder import name_archive, read_id
from engine.archive.segments import append, find_lines, list_segments, lock, read_lines
from engine.errors import Retryable

LINES = st.lists(st.binary(max_size=20).map(lambda text: text.replace(b"\n", b"")), max_size=5)


def lines_of(folder: Path) -> list[bytes]:
    return [line for path in list_segments(folder, "orders") for line in read_lines(path)]


@given(first=LINES, torn=st.binary(max_size=200_000), second=LINES)
def test_a_torn_end_costs_nothing_that_was_kept(
    tmp_path_factory: pytest.TempPathFactory, first: list[bytes], torn: bytes, second: list[bytes]
) -> None:
    """A crash cut an append off anywhere: readers pass it over, the next append takes it away."""
    folder = tmp_path_factory.mktemp("archive")
    append(folder, "orders", "2026-11", first)
    with (folder / "orders-2026-11.jsonl").open("ab") as file:
        file.write(torn.replace(b"\n", b" "))

    assert lines_of(folder) == first
    append(folder, "orders", "2026-11", second)
    assert lines_of(folder) == first + second


def test_months_are_read_in_their_order(tmp_path: Path) -> None:
    """Each kind has its own files; the oldest comes first."""
    append(tmp_path, "orders", "2026-11", [b"second"])
    append(tmp_path, "orders", "2025-12", [b"first"])
    append(tmp_path, "rows", "2024-01", [b"other"])

    assert lines_of(tmp_path) == [b"first", b"second"]


@given(lines=LINES, text=st.binary(min_size=1, max_size=2))
def test_found_lines_are_those_that_contain_the_text(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], text: bytes
) -> None:
    """Each once, whole, in order; what spans two lines is not one."""
    folder = tmp_path_factory.mktemp("archive")
    append(folder, "orders", "2026-11", [*lines, b"end"])
    (path,) = list_segments(folder, "orders")
    wanted = text.replace(b"\n", b"x")

    assert list(find_lines(path, wanted)) == [line for line in [*lines, b"end"] if wanted in line]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """A second one is told so, and may come again."""
    with lock(tmp_path), pytest.raises(Retryable), lock(tmp_path):
        pass
    with lock(tmp_path):
        pass


def test_a_folder_keeps_its_first_id(tmp_path: Path) -> None:
    """Two that name it at once agree; what is damaged is no archive."""
    assert read_id(tmp_path) is None
    assert name_archive(tmp_path, "one") == "one"
    assert name_archive(tmp_path, "two") == "one"
    assert read_id(tmp_path) == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["archive.json"]

    (tmp_path / "archive.json").write_text("{")
    assert read_id(tmp_path) is None
    with pytest.raises(OSError, match="damaged"):
        name_archive(tmp_path, "three")
