"""Halt and resume through the real command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.comparing import exchange_orders
from tests.running import ACCOUNTS, RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "sixth")
ORDER_PATH = "/api/v3/order"


@pytest.fixture(autouse=True)
def _active_again(system: RunningSystem) -> Iterator[None]:
    """Let every account trade again after each test."""
    system.paper.set_price("BTCUSDT", 50_000)
    yield
    system.paper.clear_faults()
    for account in ACCOUNTS:  # A doubt must have ended first
        resume = ("resume", "--account", account)
        eventually(lambda words=resume: system.augustan(*words).exit_code == 0, timeout_s=60)


def test_a_halted_account_denies_orders_and_lets_cancels_pass(system: RunningSystem):
    """Nothing is sent after halt has answered; what rests can be cancelled; resume opens."""
    resting = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.01", "--type", "limit", "--price", "40000"),
        *ACCOUNT,
    )
    halted = system.json("halt", "--reason", "too hot", *ACCOUNT)
    before = len(exchange_orders(system, "sixth"))
    denied = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT, exit_code=1)
    canceled = system.json("order", "cancel", resting["client_order_id"])
    status = system.json("status")
    resumed = system.json("resume", *ACCOUNT)
    filled = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    assert halted["halted"] == ["sixth"]
    assert halted["in_flight"] == []
    assert (denied["status"], denied["code"]) == ("denied", "HALTED")
    assert canceled["status"] == "canceled"
    row = next(one for one in status["accounts"] if one["account"] == "sixth")
    assert (row["trading_state"], row["halt_reason"]) == ("halted", "too hot")
    assert status["ready"] is False
    assert resumed == {"account": "sixth", "trading_state": "active"}
    assert filled["status"] == "filled"
    assert len(exchange_orders(system, "sixth")) == before + 1


def test_halt_without_an_account_halts_all(system: RunningSystem):
    """Stopping needs no name; going on does."""
    halted = system.json("halt")

    assert halted["halted"] == list(ACCOUNTS)
    assert halted["not_halted"] == {}
    states = {one["account"]: one["trading_state"] for one in system.json("status")["accounts"]}
    assert set(states.values()) == {"halted"}
    for account in ("paper", "second"):
        wish = ("order", "place", "BTC/USDT", "buy", "0.01", "--account", account)
        assert system.json(*wish, exit_code=1)["code"] == "HALTED"


def test_halt_names_what_was_in_flight_and_waits_for_its_window(system: RunningSystem):
    """An order whose outcome is unknown is listed; --wait returns when it cannot begin any more."""
    system.paper.add_fault(
        method="POST", path=ORDER_PATH, key="sixth", effect=False, answer="drop", count=1
    )
    system.paper.add_fault(
        method="GET",
        path=ORDER_PATH,
        key="sixth",
        effect=False,
        answer="status",
        status=503,
        count=None,
    )
    order = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.01"),
        *ACCOUNT,
        exit_code=3,
        AUGUSTAN__EXECUTION__PLACE_WAIT_MS="300",
    )

    at_once = system.json("halt", *ACCOUNT)
    waited = system.json("halt", "--wait", *ACCOUNT)

    own_id = order["client_order_id"]
    assert [one["client_order_id"] for one in at_once["in_flight"]] == [own_id]
    assert [one["client_order_id"] for one in waited["in_flight"]] == [own_id]
    assert waited["in_flight"][0]["in_doubt"] is True
    system.paper.clear_faults()


def test_a_reason_must_fit_on_a_line(system: RunningSystem):
    """A reason of two lines is refused, and nothing is halted."""
    refused = system.json("halt", "--reason", "a\nb", *ACCOUNT, exit_code=1)

    assert "reason" in refused["error"]["message"]
    row = next(one for one in system.json("status")["accounts"] if one["account"] == "sixth")
    assert row["trading_state"] == "active"
