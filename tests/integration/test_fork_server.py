"""What a fork server's children are, and what they are not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.process import ROOT

pytestmark = pytest.mark.integration

#: A program that has imported a module which nobody preloads, and asks for a process.
PROGRAM = """
import colorsys
import sys

from tests.fork_server import OwnForkServer

if __name__ == "__main__":
    code = "import sys; sys.exit('colorsys' in sys.modules)"
    process = OwnForkServer([]).process(exec, (code,))
    process.start()
    process.join()
    sys.exit(process.exitcode)
"""


def test_a_child_does_not_import_the_program_that_asks(tmp_path: Path) -> None:
    """A benchmark would read the settings of nowhere before its worker's environment is set."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environ = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, program], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
