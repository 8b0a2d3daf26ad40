"""The emergency stop through the real command: without workers, through them, without the store."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.comparing import exchange_orders, uid_of
from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

NAME = "eighth"
ACCOUNT = ("--account", NAME)
OPEN = {"NEW", "PARTIALLY_FILLED"}


@pytest.fixture(autouse=True)
def _position(system: RunningSystem) -> Iterator[None]:
    """Hold a position, with an order resting beside it; trade again after each test."""
    system.paper.set_price("BTCUSDT", 50_000)
    if system.json("order", "list", *ACCOUNT):  # Opened by an earlier test
        system.json("resume", *ACCOUNT)
    place(system, "0.01")
    place(system, "0.01", "--type", "limit", "--price", "40000")
    yield
    system.paper.clear_faults()


def place(system: RunningSystem, *words: str) -> Any:
    return system.json("order", "place", "BTC/USDT", "buy", *words, *ACCOUNT)


def holds_nothing(system: RunningSystem) -> bool:
    """Tell whether the exchange has no open order and no coin of the account."""
    balances = system.paper.balances(uid_of(NAME))
    held = {asset for asset, one in balances.items() if float(one["free"]) + float(one["locked"])}
    is_open = any(order["status"] in OPEN for order in exchange_orders(system, NAME))
    return held == {"USDT"} and not is_open


def test_it_needs_no_worker(system: RunningSystem) -> None:
    """With the worker standing still the command itself comes to the end."""
    system.worker.send(signal.SIGSTOP)
    try:
        report = system.json("emergency-stop", *ACCOUNT)
    finally:
        system.worker.send(signal.SIGCONT)

    (one,) = report["accounts"]
    assert (one["is_flat"], one["problems"], one["orders"]) == (True, [], {"canceled": 1})
    assert [sale["status"] for sale in one["sales"]] == ["filled"]
    assert holds_nothing(system)
    denied = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT, exit_code=1)
    assert denied["code"] == "HALTED"


def test_a_worker_goes_on_when_the_command_is_gone(system: RunningSystem) -> None:
    """The exchange refuses to cancel for a while: the run is finished by the emergency lane."""
    system.paper.add_fault(
        method="DELETE", key=NAME, effect=False, answer="status", status=503, count=None
    )
    waited = system.json("emergency-stop", "--timeout", "1", *ACCOUNT, exit_code=3)
    refused = system.json("resume", *ACCOUNT, exit_code=1)
    system.paper.clear_faults()

    assert waited["accounts"][0]["is_over"] is False
    assert "emergency stop that is not over" in refused["error"]["message"]
    eventually(lambda: holds_nothing(system), timeout_s=60)
    again = system.json("emergency-stop", *ACCOUNT)
    assert again["accounts"][0]["is_flat"] is True


def test_without_the_store_there_is_a_local_form(system: RunningSystem) -> None:
    """The sentence of a store that is away names it, and it comes to the end."""
    nowhere = {"AUGUSTAN_STORE_URL": "redis://127.0.0.1:1/0"}
    offered = system.json("emergency-stop", *ACCOUNT, exit_code=1, **nowhere)
    report = system.json("emergency-stop", "--local", *ACCOUNT, **nowhere)

    assert "--local" in offered["error"]["message"]
    assert report["accounts"][0]["is_flat"] is True
    assert holds_nothing(system)
    system.json("reconcile", *ACCOUNT)
