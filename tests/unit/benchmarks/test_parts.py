"""What the parts of the benchmarks have in common: sizes as options, a command for each table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS
from benchmarks.figures import Table
from benchmarks.part import Part, run_part


@dataclass(frozen=True, kw_only=True)
class Sizes:
    rounds: int = 5
    fill_count: int = 40


def measure(folder: Path, sizes: Sizes) -> list[Table]:
    assert folder.is_dir()
    return [Table(title="T", columns=("rounds",), rows=((str(sizes.rounds),),))]


PART = Part(name="example", measure=measure, sizes=Sizes(), quick=Sizes(rounds=1, fill_count=2))


def test_sizes_are_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option beats the usual size, and the command in the table says so."""
    file = tmp_path / "bench.json"
    run_part(PART, ["--rounds", "7", "--json", str(file)])

    (table,) = json.loads(file.read_text())["tables"]
    assert table["rows"] == [["7"]]
    assert table["command"] == "python -m benchmarks.example --rounds 7"
    assert "| 7 |" in capsys.readouterr().out


def test_quick_sizes_are_told_with_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure of tiny sizes cannot be taken for a real one."""
    run_part(PART, ["--quick"])
    assert "`python -m benchmarks.example --rounds 1 --fill-count 2`" in capsys.readouterr().out


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_a_module_of_its_own_name(name: str) -> None:
    """Its command is the one that its tables show."""
    part = PARTS[name]
    assert type(part.sizes) is type(part.quick)
    assert part.command(part.sizes) == f"python -m benchmarks.{name}"
