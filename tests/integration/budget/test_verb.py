"""`augustan budget`: who used what, without a word to the exchange."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.ports import Cost, WindowScope
from tests.command import Call
from tests.ports import free_port
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

ACCOUNT = {"base_url": "paper", "api_key": "key", "secret": "secret"}


@pytest.fixture
def config(tmp_path: Path, server: RedisServer) -> Path:
    """Two accounts behind one address, one behind another; no exchange runs anywhere."""
    path = tmp_path / "augustan.json"
    document = {
        "accounts": {"first": ACCOUNT, "second": ACCOUNT, "far": {**ACCOUNT, "egress": "b"}},
        "paper": {"url": f"http://127.0.0.1:{free_port()}", "weight_per_minute": 1_000},
        "store": {"url": server.url},
        "data_dir": str(tmp_path / "data"),
    }
    path.write_text(json.dumps(document))
    return path


def take(engine: Engine, account: str, cost: Cost, lane: Lane) -> None:
    engine.budget(account).acquire(cost, lane, nonce=f"{account}{lane}")


def call(config: Path, *words: str) -> Any:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AUGUSTAN")}
    environ = {**inherited, "AUGUSTAN_CONFIG": str(config)}
    return Call(("budget", *words), environ, config.parent).answer().expect(0)


def test_meter_tells_address_account_lane_and_penalty(config: Path) -> None:
    """One document for each address; what nobody knows is null, and said to people."""
    engine = build_engine(load_settings(str(config), environ={}))
    for name in ("first", "second"):
        engine.budget(name).observe({"weight_1m": 0, "orders_10s": 0})
    take(engine, "first", Cost(weight=20), Lane.POLL)
    take(engine, "second", Cost(weight=1, orders=1), Lane.SUBMIT)
    engine.budget("far").penalize(60_000)
    engine.budget("second").penalize(60_000, WindowScope.ACCOUNT)
    engine.close()

    shared, far = call(config, "--json").document
    people = " ".join(call(config).stdout.split())

    assert (shared["venue"], shared["egress"], shared["quiet_ms"]) == ("paper", "default", 0)
    weight = shared["windows"][0]
    assert (weight["window"], weight["limit"]) == ("weight_1m", 1_000)
    if weight["used"]:  # Else the minute turned meanwhile
        assert (weight["used"], weight["used_percent"]) == (21, 2.1)
        assert weight["used_by_account"] == {"first": 20, "second": 1}
        assert weight["used_by_lane"] == {"poll": 20, "submit": 1}
    first, second = shared["accounts"]
    assert (first["account"], first["quiet_ms"]) == ("first", 0)
    assert second["quiet_ms"] > 0
    assert (far["egress"], far["windows"][0]["used"]) == ("b", None)
    assert far["quiet_ms"] > 0
    assert "paper through b everybody is quiet for" in people
    assert "orders of second are quiet for" in people
    assert "unknown: taken as full" in people
