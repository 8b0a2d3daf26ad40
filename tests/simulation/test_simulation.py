"""A short run of the simulation; `make simulate` runs a long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def test_lives_in_simulated_worlds_end_as_they_must() -> None:
    """Whatever gets lost, repeated or killed, every order ends as the exchange says."""
    code, found = simulate("--lives", "240", "--seed", "1", "--processes", "2")

    assert found["violations"] == []
    assert code == 0
    assert found["lives"] == 240
    assert found["crashes"] > 0
    assert found["seen"]["placed"] > 100


def test_a_seed_repeats_exactly() -> None:
    """The same seed takes the same steps, whatever ran before it in the same process."""
    _, alone = simulate("--lives", "40", "--seed", "8", "--processes", "1")
    _, first = simulate("--lives", "40", "--seed", "7", "--processes", "1")
    _, both = simulate("--lives", "80", "--seed", "7", "--processes", "1")

    assert both["digest"] == (first["digest"] + alone["digest"]) & 0xFFFFFFFF
    assert both["steps"] == first["steps"] + alone["steps"]
