"""The same --id is one order: twice, at once, after a restart, after the store was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.comparing import orders_with_id
from tests.running import RunningSystem, running_system

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "third")
#: A shell loop gone wrong; more would only wait for the two cores.
AT_ONCE = 10


def buy(key: str, quantity: str = "0.01", *more: str) -> tuple[str, ...]:
    return ("order", "place", "BTC/USDT", "buy", quantity, "--id", key, *more)


def test_the_same_id_twice_is_one_order(system: RunningSystem):
    """The repeat returns the first order, whatever it has come to."""
    first = system.json(*buy("twice"), *ACCOUNT)
    second = system.json(*buy("twice"), *ACCOUNT)

    assert first["client_order_id"] == second["client_order_id"]
    assert second["status"] == "filled"
    assert len(orders_with_id(system, first["client_order_id"])) == 1


def test_the_same_id_for_another_order_is_a_conflict(system: RunningSystem):
    """Every difference in what was asked for is refused, and nothing more is placed."""
    first = system.json(*buy("conflict"), *ACCOUNT)
    before = len(system.paper.orders())
    others = [
        buy("conflict", "0.02"),
        ("order", "place", "BTC/USDT", "sell", "0.01", "--id", "conflict"),
        ("order", "place", "ETH/USDT", "buy", "0.01", "--id", "conflict"),
        buy("conflict", "0.01", "--type", "limit", "--price", "40000"),
    ]

    for other in others:
        answer = system.json(*other, *ACCOUNT, exit_code=1)
        assert answer["error"]["code"] == "KEY_CONFLICT"

    assert len(system.paper.orders()) == before
    assert len(orders_with_id(system, first["client_order_id"])) == 1


def test_a_denial_spends_the_id(system: RunningSystem):
    """A repeat of what was denied is the same denial, not a second try."""
    wish = ("order", "place", "BTC/USDT", "buy", "--quote", "9000000", "--id", "denied")

    first = system.json(*wish, *ACCOUNT, exit_code=1)
    second = system.json(*wish, *ACCOUNT, exit_code=1)

    assert first["client_order_id"] == second["client_order_id"]
    assert first["created_at_ms"] == second["created_at_ms"]


def test_the_same_id_in_ten_processes_at_once_is_one_order(system: RunningSystem):
    """Whoever comes first places it; all ten are told of the same order."""
    answers = system.at_once([(*buy("at once"), *ACCOUNT, "--json")] * AT_ONCE)

    orders = [answer.expect().document for answer in answers]
    assert {order["status"] for order in orders} == {"filled"}
    (own_id,) = {order["client_order_id"] for order in orders}
    assert len(orders_with_id(system, own_id)) == 1


def test_two_accounts_may_use_the_same_id(system: RunningSystem):
    """An id belongs to its account: the client order ids differ."""
    first = system.json(*buy("shared"), *ACCOUNT)
    second = system.json(*buy("shared"), "--account", "second")

    assert first["client_order_id"] != second["client_order_id"]


@pytest.mark.faults
def test_the_same_id_after_a_restart_and_after_the_store_was_lost(tmp_path: Path):
    """Redis and workers restarted, then everything in Redis forgotten: still one order each."""
    with running_system(tmp_path, accounts=("paper",)) as system:
        system.paper.set_price("BTCUSDT", 50_000)
        filled = system.json(*buy("filled"))
        resting = system.json(*buy("resting", "0.01", "--type", "limit", "--price", "40000"))

        system.stop()
        system.state.restart()
        system.messages.restart()
        system.start()
        _assert_known(system, filled, resting)

        system.forget()
        system.await_ready()
        _assert_known(system, filled, resting)
        conflict = system.json(*buy("filled", "0.02"), exit_code=1)
        assert conflict["error"]["code"] == "KEY_CONFLICT"


def _assert_known(
    system: RunningSystem, filled: dict[str, object], resting: dict[str, object]
) -> None:
    again = system.json(*buy("filled"))
    assert again["client_order_id"] == filled["client_order_id"]
    assert again["status"] == "filled"
    again = system.json(*buy("resting", "0.01", "--type", "limit", "--price", "40000"))
    assert again["client_order_id"] == resting["client_order_id"]
    assert again["status"] == "accepted"
    assert len(system.paper.orders()) == 2
