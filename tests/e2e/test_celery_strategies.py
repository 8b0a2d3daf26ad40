"""Strategies on real workers: one trades while others beside it hang and raise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.domain.strategy import StrategyRecord
from engine.store.store import RedisStore
from tests.process import ROOT
from tests.running import RunningSystem, running_system
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
ACCOUNTS = ("paper", "second")


def strategy(class_path: str, account: str, symbol: str, **more: Any) -> dict[str, Any]:
    return {
        "class": class_path,
        "accounts": [account],
        "symbols": [symbol],
        "interval": "1s",
        "signal_age_ms": 60_000,
        "time_limit_ms": 1_000,
        "max_failures": 2,
        **more,
    }


STRATEGIES = {
    "good": strategy("traders.Always", "paper", "ETHUSDT"),
    "hangs": strategy("traders.Misbehaves", "paper", "BTCUSDT", parameters={"how": "spin"}),
    "raises": strategy("traders.Misbehaves", "second", "BTCUSDT", parameters={"how": "raise"}),
    "mine": strategy("three_up.ThreeUp", "second", "ETHUSDT", parameters={"count": 2}),
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One worker of two processes and one beat; a user's module beside the configuration."""
    folder = tmp_path_factory.mktemp("strategies")
    for module in (ROOT / "docs" / "examples" / "three_up.py", ROOT / "tests" / "traders.py"):
        shutil.copy(module, folder)
    changes = {"strategies": STRATEGIES}
    with running_system(folder, accounts=ACCOUNTS, changes=changes) as running:
        yield running


def shown(system: RunningSystem) -> dict[str, Any]:
    return {one["name"]: one for one in system.json("strategies")}


def stands(store: RedisStore, name: str) -> StrategyRecord:
    """Return where a strategy stands, an empty record before its first run."""
    (account,) = STRATEGIES[name]["accounts"]
    stored = store.find_strategy(account, name)
    return stored.value if stored else StrategyRecord(account=account, name=name)


@pytest.fixture
def store(system: RunningSystem) -> Iterator[RedisStore]:
    reading = RedisStore.from_url(system.state.url)
    yield reading
    reading.close()


def test_what_hangs_and_what_raises_is_paused_and_the_others_trade(
    system: RunningSystem, store: RedisStore
) -> None:
    """Two processes, one strategy that never ends: the other one's order is filled all the same."""

    def is_over() -> bool:
        good = stands(store, "good").symbols.get("ETH/USDT")
        are_paused = all(stands(store, name).is_paused for name in ("hangs", "raises"))
        return are_paused and good is not None and good.position.net_quantity > 0

    eventually(is_over, timeout_s=90, message=system.tails())
    found = shown(system)
    assert {name: one["state"] for name, one in found.items()} == {
        "good": "running",
        "hangs": "paused",
        "raises": "paused",
        "mine": "running",
    }
    assert "not done within 1000 ms" in found["hangs"]["problem"]
    assert "ZeroDivisionError: a mistake" in found["raises"]["problem"]
    assert (found["good"]["failures"], found["mine"]["problem"]) == (0, "")
    told = system.json("status")["strategies"]
    assert {one["name"]: one["state"] for one in told} == {
        name: one["state"] for name, one in found.items()
    }
    sent = {order["client_order_id"] for order in system.paper.orders()}
    orders = [order for order in system.json("order", "list", "--all") if order["strategy"]]
    traded = [order for order in orders if order["client_order_id"] in sent]
    assert {order["strategy"] for order in traded} <= {"good", "mine"}
    assert [order["status"] for order in traded if order["strategy"] == "good"] == ["filled"]


def test_a_user_s_own_module_is_found_beside_the_configuration(
    system: RunningSystem, store: RedisStore
) -> None:
    """It runs on the workers, at each candle."""
    eventually(lambda: stands(store, "mine").runs > 1, timeout_s=60, message=system.tails())
    assert stands(store, "mine").problem == ""


def test_a_person_pauses_and_resumes(system: RunningSystem, store: RedisStore) -> None:
    """The paused one is not run; the resumed one begins anew, and fails again."""
    (paused,) = system.json("strategies", "pause", "mine")
    assert (paused["state"], paused["problem"]) == ("paused", "paused by a person")
    (resumed,) = system.json("strategies", "resume", "mine")
    assert resumed["state"] == "running"
    system.json("strategies", "resume", "raises")
    failures = stands(store, "raises").failures
    eventually(lambda: stands(store, "raises").failures > failures, timeout_s=60)
    answer = system.augustan("strategies", "pause", "nobody")
    assert answer.exit_code == 2
    assert "There is no strategy 'nobody'; configured: good, hangs, mine, raises." in answer.stderr


def test_a_replay_shows_what_it_would_have_said_and_sends_nothing(system: RunningSystem) -> None:
    """From a file and from the exchange: the same words as on the workers, and no order."""
    file = Path(system.folder) / "candles.csv"
    closes = [100, 101, 102, 101, 102, 103, 104]
    rows = [f"{60_000 * n},{c},{c},{c},{c},1" for n, c in enumerate(closes, start=1)]
    file.write_text("\n".join(["opened_at_ms,open,high,low,close,volume", *rows]))
    said = system.json("strategies", "test", "mine", "--candles", str(file))
    assert [(one["signal"], one["close"], one["held"]) for one in said] == [
        ("long", "102", "1"),
        ("close", "101", "0"),
        ("long", "103", "1"),
        ("long", "104", "1"),
    ]
    lately = system.json("strategies", "test", "good", "--from-exchange", "5")
    assert [one["signal"] for one in lately] == ["long"] * 5
    answer = system.augustan("strategies", "test", "raises", "--candles", str(file))
    assert (answer.exit_code, "it raised ZeroDivisionError" in answer.stderr) == (1, True)
    both = system.augustan("strategies", "test", "good", "--from-exchange", "5", "--candles=x")
    assert both.exit_code == 2
