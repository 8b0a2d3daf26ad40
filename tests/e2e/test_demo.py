"""The demo from the command to the last line, and what it leaves: one picture."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.waiting import eventually
from workers.demo.snapshot import FEWEST_ORDERS

pytestmark = pytest.mark.e2e

#: Starting and ending ten processes on two busy cores, and the trading between.
TIMEOUT_S = 170.0


class Demo:
    """`augustan demo` with a folder for temporary files of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AUGUSTAN")}
        # The user's own settings, a live one among them, must not reach the demo
        mine = {"AUGUSTAN_LIVE": "yes", "AUGUSTAN_STORE_URL": "redis://127.0.0.1:1/0"}
        command = [sys.executable, "-m", "workers.cli.main", "demo", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, **mine, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> tuple[str, str]:
        """Wait for the end; return standard output and standard error."""
        return self.process.communicate(timeout=TIMEOUT_S)

    def processes(self) -> list[psutil.Process]:
        """Return every process that was started for this demo, wherever it hangs."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def ports(self) -> list[int]:
        """Return the ports on which those processes listen."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                listening = process.net_connections("tcp")
                found += [c.laddr.port for c in listening if c.status == psutil.CONN_LISTEN]
        return found

    def is_gone(self) -> bool:
        return not self.processes()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_other = process.pid not in (os.getpid(), self.process.pid)
            return is_other and process.environ().get("TMPDIR") == str(self.temporary)
        except psutil.Error:
            return False


@contextlib.contextmanager
def running_demo(folder: Path, *arguments: str) -> Iterator[Demo]:
    demo = Demo(folder, *arguments)
    try:
        yield demo
    finally:
        demo.end()


@pytest.mark.timeout(200)
def test_the_demo_trades_and_ends_equal_to_the_exchange(tmp_path: Path):
    """Orders, fills in parts, every digit equal, a plot, exit code 0, and nothing left."""
    with running_demo(tmp_path, "--seconds", "8", "--json") as demo:
        output, told = demo.answer()

        assert demo.process.returncode == 0, told
        result = json.loads(output)
        assert result["equal"] is True
        assert result["differences"] == []
        assert result["orders"] >= FEWEST_ORDERS
        assert result["fills"] > result["filled_in_parts"] >= 1
        assert told.splitlines()[-1] == "positions and balances equal the exchange's ledger: yes"
        plot = tmp_path / result["plot"]
        assert plot.read_bytes().startswith(b"\x89PNG")
        assert demo.is_gone()
        assert list(demo.temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "temporary"]


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_interrupted_while_it_starts_the_demo_leaves_nothing(tmp_path: Path, number: int):
    """Ctrl-C, TERM and a closed terminal end every process and remove the folder; no traceback."""
    with running_demo(tmp_path) as demo:
        eventually(demo.ports, timeout_s=60)
        demo.process.send_signal(number)
        _, told = demo.answer()

        assert demo.process.returncode == 130
        assert "Traceback" not in told
        assert demo.is_gone()
        assert list(demo.temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.faults
def test_killed_the_demo_leaves_no_process(tmp_path: Path):
    """A killed demo cannot clean up: its guard ends what it had started."""
    with running_demo(tmp_path) as demo:
        eventually(demo.ports, timeout_s=60)
        demo.process.kill()
        demo.process.wait()

        eventually(demo.is_gone, timeout_s=60, message="processes are left")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_interrupted_while_it_trades_the_demo_leaves_nothing(tmp_path: Path):
    """In the middle of orders, too."""
    with running_demo(tmp_path, "--no-view", "--seconds", "3600") as demo:
        assert demo.process.stdout is not None
        next(line for line in demo.process.stdout if "filled" in line)
        demo.process.send_signal(signal.SIGINT)
        _, told = demo.answer()

        assert demo.process.returncode == 130
        assert "Traceback" not in told
        assert demo.is_gone()
        assert list(demo.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--seconds", "1"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["--seed", "-1"], "--seed"),
        (["--output", "a-file/demo"], "a-file/demo"),
        (["--capture", "a-file/demo.svg"], "a-file cannot be made"),
    ],
)
def test_bad_arguments_are_refused_before_anything_starts(
    tmp_path: Path, arguments: list[str], field: str
):
    """Exit code 2 and one sentence that names the field."""
    (tmp_path / "a-file").write_text("")
    with running_demo(tmp_path, *arguments) as demo:
        _, told = demo.answer()

        assert demo.process.returncode == 2
        assert field in told
        assert "Traceback" not in told
        assert demo.is_gone()
