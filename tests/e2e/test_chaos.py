"""Chaos from the command to the last line: all zeros, and not when a difference is planted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import eventually
from workers.chaos.result import ZEROS
from workers.demo.control import call_control

pytestmark = [pytest.mark.e2e, pytest.mark.faults]

#: Starting and ending twelve processes on two busy cores, and what lies between.
TIMEOUT_S = 400.0


class Chaos:
    """`augustan chaos` with a folder for temporary files of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environ = {k: v for k, v in os.environ.items() if not k.startswith("AUGUSTAN")}
        command = [sys.executable, "-m", "workers.cli.main", "chaos", "--json", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environ, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> tuple[dict[str, Any], str]:
        """Wait for the end; return the document and what was said beside it."""
        output, told = self.process.communicate(timeout=TIMEOUT_S)
        return json.loads(output), told

    def paper_url(self) -> str:
        """Return where its paper exchange answers, once everything runs."""
        (ready,) = self.temporary.glob("augustan-chaos-*/up.json")
        return str(json.loads(ready.read_text())["paper_url"])

    def filled_orders(self) -> list[dict[str, Any]]:
        """Return what the exchange has filled; none while it starts."""
        try:
            orders = call_control(self.paper_url(), "ledger")["orders"]
        except ValueError:  # No such file yet, or not whole
            return []
        return [order for order in orders if order["status"] == "FILLED"]

    def processes(self) -> list[psutil.Process]:
        """Return every process that was started for it, wherever it hangs."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def is_gone(self) -> bool:
        return not self.processes()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_other = process.pid not in (os.getpid(), self.process.pid)
            folder = process.environ().get("TMPDIR", "")
            return is_other and folder.startswith(str(self.temporary))
        except psutil.Error:
            return False


@contextlib.contextmanager
def running_chaos(folder: Path, *arguments: str) -> Iterator[Chaos]:
    chaos = Chaos(folder, *arguments)
    try:
        yield chaos
    finally:
        chaos.end()


@pytest.mark.timeout(TIMEOUT_S)
def test_nothing_is_lost_or_done_twice(tmp_path: Path):
    """Thirty orders, faults and kills: every zero is zero, exit code 0, nothing is left."""
    with running_chaos(tmp_path, "--orders", "30", "--seed", "3") as chaos:
        document, told = chaos.answer()

        assert chaos.process.returncode == 0, told
        assert {name: document[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
        assert (document["intents"], document["seed"]) == (30, 3)
        assert 0 < document["exchange_orders"] <= 30 + document["own_orders"]
        assert document["stops"] == 1
        assert document["fills"] > 0
        assert document["kills"] + document["pauses"] >= 3
        assert chaos.is_gone()
        assert list(chaos.temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
def test_an_order_placed_behind_its_back_is_found(tmp_path: Path):
    """A second order under an id of ours: exit code 1, and the folder is left with the proof."""
    with running_chaos(tmp_path, "--orders", "30", "--seed", "4") as chaos:
        eventually(chaos.filled_orders, timeout_s=TIMEOUT_S, message="nothing was filled")
        again = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "MARKET",
            "quoteOrderQty": "100",
            "newClientOrderId": chaos.filled_orders()[0]["client_order_ids"][0],
        }
        call_control(chaos.paper_url(), "place", {"key": "paper", "parameters": again})
        document, told = chaos.answer()

        assert chaos.process.returncode == 1, told
        assert document["duplicates"] == 1
        assert chaos.is_gone()
        proof = Path(document["folder"]) / "proof.json"
        assert json.loads(proof.read_text()) == document


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
def test_interrupted_it_leaves_nothing(tmp_path: Path):
    """Ctrl-C in the middle of orders, kills and frozen processes; no traceback."""
    with running_chaos(tmp_path, "--orders", "3000") as chaos:
        eventually(chaos.filled_orders, timeout_s=TIMEOUT_S, message="nothing was filled")
        chaos.process.send_signal(signal.SIGINT)
        _, told = chaos.process.communicate(timeout=TIMEOUT_S)

        assert chaos.process.returncode == 130
        assert "Traceback" not in told
        assert chaos.is_gone()
        assert list(chaos.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("configuration", "arguments", "field"),
    [
        ({}, ["--orders", "0"], "--orders"),
        ({}, ["--seconds", "nan"], "--seconds"),
        ({}, ["--seed", "-1"], "--seed"),
        ({"binance": {"testnet": True, "api_key": "k", "secret": "s"}}, [], "Account binance"),
    ],
)
def test_what_is_not_paper_is_refused_before_anything_starts(
    tmp_path: Path, configuration: dict[str, Any], arguments: list[str], field: str
):
    """Exit code 2 and one sentence that names the field."""
    if configuration:
        (tmp_path / "augustan.json").write_text(json.dumps(configuration))
    with running_chaos(tmp_path, *arguments) as chaos:
        document, told = chaos.answer()

        assert chaos.process.returncode == 2
        assert field in document["error"]["message"]
        assert "Traceback" not in told
        assert list(chaos.temporary.iterdir()) == []
