"""Every part of the benchmarks runs to its end, with the smallest sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS
from tests.process import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_prints_its_tables(name: str, tmp_path: Path) -> None:
    """The document has what the part's table says, and the command that gives it."""
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json", str(file)]

    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )

    assert ended.returncode == 0, ended.stderr
    tables = json.loads(file.read_text())["tables"]
    assert tables
    for table in tables:
        assert table["title"] in ended.stdout
        assert f"python -m benchmarks.{name}" in table["command"]
        assert {len(row) for row in table["rows"]} == {len(table["columns"])}
