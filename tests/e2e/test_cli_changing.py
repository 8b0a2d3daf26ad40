"""Orders that change, end after a time and follow the price, by the real command and workers."""

from __future__ import annotations

import pytest

from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

LIMIT = ("order", "place", "BTC/USDT", "buy", "0.3", "--type", "limit")
ACCOUNT = ("--account", "paper")


def has_status(system: RunningSystem, order_id: str, status: str) -> bool:
    return system.json("order", "show", order_id)["status"] == status


def test_an_order_is_changed_limited_and_trailed(system: RunningSystem):
    """Each goes its way through beat, the due set and the workers' lanes."""
    system.paper.set_price("BTCUSDT", 50_000)
    first = system.json(*LIMIT, "--price", "41000", "--cancel-after", "1h", *ACCOUNT)
    changed = system.json("order", "modify", first["client_order_id"], "--price", "42000")
    assert (changed["status"], changed["price"]) == ("accepted", "42000")
    assert (changed["replaces"], changed["quantity"]) == (first["client_order_id"], "0.3")
    assert changed["cancel_at"] == first["cancel_at"]
    system.json("order", "cancel", first["client_order_id"])
    assert has_status(system, changed["client_order_id"], "canceled")

    # Long beside the way to the exchange on a loaded machine, or it ends before it was sent
    brief = system.json(*LIMIT, "--price", "41000", "--cancel-after", "8s", *ACCOUNT)
    name = brief["client_order_id"]
    assert brief["status"] == "accepted"
    assert eventually(lambda: has_status(system, name, "canceled"), timeout_s=60)

    system.json("order", "place", "BTC/USDT", "buy", "0.1", *ACCOUNT)
    stop = ("--type", "trailing_stop", "--trailing-rate", "1")
    watched = system.json("order", "place", "BTC/USDT", "sell", "0.05", *stop, *ACCOUNT)
    name = watched["client_order_id"]
    assert (watched["status"], watched["is_watched"]) == ("initialized", True)
    assert eventually(lambda: system.json("order", "show", name)["best_price"], timeout_s=30)
    system.paper.set_price("BTCUSDT", 45_000)
    assert eventually(lambda: has_status(system, name, "filled"), timeout_s=30)
