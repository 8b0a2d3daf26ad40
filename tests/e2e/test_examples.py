"""The examples of the guide, run as their reader runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process import ROOT
from tests.running import FIRST_UID, RunningSystem

pytestmark = pytest.mark.e2e

#: No other test of the session trades with it.
ACCOUNT, UID = "sixth", FIRST_UID + 5


@pytest.fixture
def environ(system: RunningSystem, tmp_path: Path) -> dict[str, str]:
    """The running system as somebody with one account sees it."""
    system.paper.set_price("BTCUSDT", 50_000)
    document = json.loads(system.config.read_text())
    document["accounts"] = {ACCOUNT: document["accounts"][ACCOUNT]}
    config = tmp_path / "augustan.json"
    config.write_text(json.dumps(document))
    return {**system.environ, "AUGUSTAN_CONFIG": str(config)}


def run_example(
    name: str, environ: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docs" / "examples" / name), *arguments]
    return subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )


def test_the_market_order_is_filled_and_told(system: RunningSystem, environ: dict[str, str]):
    """One market order: its result and the callback of its fill are printed."""
    done = run_example("market_order.py", environ)

    assert done.returncode == 0, done.stderr
    assert re.search(r"filled 0\.0010* BTC/USDT", done.stdout)
    assert "fill of aug" in done.stdout
    (name,) = set(re.findall(r"fill of (aug\w+)", done.stdout))
    orders = [order for order in system.paper.orders() if order["client_order_id"] == name]
    assert [(order["symbol"], order["status"]) for order in orders] == [("BTCUSDT", "FILLED")]


def test_the_live_engine_runs_and_shows_its_status(environ: dict[str, str]):
    """Two symbols are followed, the status is printed each second, and it ends by itself."""
    done = run_example("live_engine.py", environ, "2")

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    shown = [line for line in lines if re.match(r"running: True  active orders: \d+  equity", line)]
    assert len(shown) == 2  # The strategy may be trading at that moment
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["market_order.py", "live_engine.py"])
def test_without_a_running_augustan_an_example_says_what_to_start(
    tmp_path: Path, environ: dict[str, str], name: str
):
    """Nothing hangs and the reason is the last line."""
    alone = {key: value for key, value in environ.items() if not key.startswith("AUGUSTAN")}
    alone |= {"AUGUSTAN_CONFIG": "none", "AUGUSTAN_DATA": str(tmp_path / "data")}

    done = run_example(name, alone)

    assert done.returncode != 0
    assert "augustan up" in done.stderr.strip().splitlines()[-1]
