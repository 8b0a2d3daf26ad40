"""A short run of the simulation; `make simulate` runs a long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def simulate(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the simulation in a process of its own; return its exit code and what it found."""
    command = [sys.executable, "-m", "tests.simulation", "--json", *arguments]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=110,
        check=False,
    )
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def run() -> tuple[int, dict[str, Any]]:
    """Three worlds on two processes."""
    return simulate("--lives", "180", "--seed", "1", "--processes", "2")


def test_lives_in_simulated_worlds_end_as_they_must(run: tuple[int, dict[str, Any]]) -> None:
    """Whatever gets lost, repeated or killed, every order ends as the exchange says."""
    code, found = run

    assert found["violations"] == []
    assert code == 0
    assert found["lives"] == 180
    assert found["seen"]["placed"] > 60


def test_seeds_repeat_exactly(run: tuple[int, dict[str, Any]]) -> None:
    """The same seeds take the same steps, whatever ran before them in the same process."""
    _, again = simulate("--lives", "180", "--seed", "1", "--processes", "1")

    kept = ("digest", "steps", "crashes", "simulated_s", "seen", "violations")
    assert {name: again[name] for name in kept} == {name: run[1][name] for name in kept}
