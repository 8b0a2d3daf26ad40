"""Signals through the real command: sized, acted on once, denied with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.comparing import assert_equal_to_exchange, exchange_orders
from tests.running import RunningSystem

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "sixth")


@pytest.fixture(autouse=True)
def _flat(system: RunningSystem) -> None:
    """Begin with a full book and nothing held."""
    system.paper.set_price("BTCUSDT", 50_000)
    system.augustan("close", "BTC/USDT", *ACCOUNT)


def long(key: str, *more: str) -> tuple[str, ...]:
    return ("signal", "send", "BTCUSDT", "long", "--id", key, *more, *ACCOUNT)


def test_a_long_signal_buys_by_the_risk_of_its_stop(system: RunningSystem):
    """What is lost at the stop is at most the share of the budget that one trade may lose."""
    signal = system.json(*long("by stop", "--stop-price", "49000"))

    order = signal["order"]
    assert (signal["status"], signal["symbol"]) == ("ordered", "BTC/USDT")
    assert (order["status"], order["side"]) == ("filled", "buy")
    loss = Decimal(order["quantity"]) * (Decimal(order["average_price"]) - 49_000)
    assert loss <= Decimal(100_000) * Decimal("0.02")
    assert_equal_to_exchange(system, "sixth")


def entries(system: RunningSystem) -> int:
    """Return how often the account bought; its stop follows in its own time."""
    return sum(order["side"] == "BUY" for order in exchange_orders(system, "sixth"))


def test_the_same_signal_is_acted_on_once(system: RunningSystem):
    """The same --id returns the same order; another wish under it is a conflict."""
    first = system.json(*long("once", "--stop-price", "49000"))
    before = entries(system)
    again = system.json(*long("once", "--stop-price", "49000"))
    other = system.json(*long("once", "--stop-price", "48000"), exit_code=1)

    assert again["client_order_id"] == first["client_order_id"]
    assert other["error"]["code"] == "KEY_CONFLICT"
    assert entries(system) == before


def test_a_second_long_is_denied_and_listed(system: RunningSystem):
    """LONG while LONG: exit code 1, a code, and a row among the denials."""
    system.json(*long("first long", "--stop-price", "49000"))

    denied = system.json(*long("second long"), exit_code=1)

    assert (denied["status"], denied["code"]) == ("denied", "ALREADY_LONG")
    newest = system.json("denials", *ACCOUNT)[0]
    assert (newest["source"], newest["id"]) == ("signal", "second long")
    assert newest["code"] == "ALREADY_LONG"


def test_close_sells_all_that_can_be_sold(system: RunningSystem):
    """What is left is less than the exchange's smallest step; a second close is denied."""
    system.json(*long("to close", "--stop-price", "49000"))

    closed = system.json("close", "BTC/USDT", "--id", "close it", *ACCOUNT)
    again = system.json("close", "BTC/USDT", *ACCOUNT, exit_code=1)

    assert (closed["signal"], closed["order"]["side"]) == ("close", "sell")
    assert closed["order"]["status"] == "filled"
    assert again["code"] == "ALREADY_FLAT"
    (position,) = system.json("positions", *ACCOUNT)
    assert Decimal(position["net_quantity"]) < Decimal("0.00001")


def test_a_close_too_large_for_one_order_waits_for_all(system: RunningSystem):
    """The exchange takes 120 BTC at market: two orders, and nothing is held when it returns."""
    system.paper.set_price("BTCUSDT", 10)
    for key in ("one half", "other half"):
        buy = ("order", "place", "BTCUSDT", "buy", "100", "--id", key)
        assert system.json(*buy, *ACCOUNT)["status"] == "filled"

    closed = system.json("close", "BTC/USDT", "--id", "close all", *ACCOUNT)

    assert closed["status"] == "ordered"
    assert "2 market orders" in closed["note"]
    sold = [order for order in exchange_orders(system, "sixth") if order["side"] == "SELL"][-2:]
    assert {order["status"] for order in sold} == {"FILLED"}
    # The fee of a buy, a thousandth, was taken from what it bought
    assert [Decimal(order["quantity"]) for order in sold] == [Decimal("99.9")] * 2
    assert_equal_to_exchange(system, "sixth")
