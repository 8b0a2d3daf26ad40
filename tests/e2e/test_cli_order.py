"""Placing, listing, showing and cancelling orders with the real command."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.comparing import assert_equal_to_exchange
from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "paper")


@pytest.fixture(autouse=True)
def _quoted(system: RunningSystem) -> None:
    """Begin every test with a full book around a round price."""
    system.paper.set_price("BTCUSDT", 50_000)


def test_a_market_buy_is_filled_when_the_command_returns(system: RunningSystem):
    """The object has every field that is promised, numbers exact and as text."""
    order = system.json("order", "place", "BTCUSDT", "buy", "0.1", *ACCOUNT)

    assert order["status"] == "filled"
    assert order["symbol"] == "BTC/USDT"
    assert (order["account"], order["side"], order["type"]) == ("paper", "buy", "market")
    assert (order["quantity"], order["filled_quantity"]) == ("0.1", "0.1")
    assert order["in_doubt"] is False
    assert order["reason"] is None
    assert Decimal(order["average_price"]) > 50_000
    assert order["client_order_id"].startswith("aug")
    assert order["exchange_order_id"]


def test_a_market_buy_by_quote_amount_spends_no_more(system: RunningSystem):
    """With --quote the exchange chooses the quantity; the spending is bounded."""
    order = system.json("order", "place", "BTC/USDT", "buy", "--quote", "1000", *ACCOUNT)

    assert order["status"] == "filled"
    assert order["quote_quantity"] == "1000"
    spent = Decimal(order["filled_quantity"]) * Decimal(order["average_price"])
    assert Decimal(990) < spent <= Decimal(1000)


def test_a_resting_order_is_listed_filled_in_parts_and_cancelled(system: RunningSystem):
    """One limit order through its life: open, three fills, cancelled, equal to the exchange."""
    order = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.3", "--type", "limit", "--price", "41000"),
        *ACCOUNT,
    )
    assert order["status"] == "accepted"
    own_id, exchange_id = order["client_order_id"], order["exchange_order_id"]
    listed = system.json("order", "list", "--open", *ACCOUNT)
    assert own_id in [one["client_order_id"] for one in listed]
    for quantity in ("0.05", "0.07", "0.01"):
        system.paper.fill("BTCUSDT", order_id=int(exchange_id), quantity=quantity)

    shown = eventually(
        lambda: (
            (seen := system.json("order", "show", own_id[:16]))["filled_quantity"] == "0.13"
            and seen
        ),
    )
    assert shown["status"] == "partially_filled"
    assert [fill["quantity"] for fill in shown["fills"]] == ["0.05", "0.07", "0.01"]
    assert shown["average_price"] == "41000"
    canceled = system.json("order", "cancel", exchange_id, *ACCOUNT)
    assert (canceled["status"], canceled["filled_quantity"]) == ("canceled", "0.13")
    again = system.json("order", "cancel", own_id)
    assert again["status"] == "canceled"
    assert_equal_to_exchange(system, "paper")


def test_the_timeline_tells_record_claim_and_outcome(system: RunningSystem):
    """`order show` has what happened, in the order of happening."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    shown = system.json("order", "show", order["client_order_id"])

    kinds = [event["kind"] for event in shown["timeline"]]
    assert kinds[:2] == ["order_recorded", "order_claimed"]
    assert "order_filled" in kinds
    assert kinds.index("order_claimed") < kinds.index("order_filled")
    assert shown["timeline"][0]["at_ms"] >= order["created_at_ms"]


def test_no_wait_returns_with_the_record(system: RunningSystem):
    """The order is recorded, exit code 0; the workers do the rest."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.01", "--no-wait", *ACCOUNT)

    own_id = order["client_order_id"]
    eventually(
        lambda: system.json("order", "show", own_id)["status"] == "filled",
    )


def test_an_ioc_order_keeps_what_it_got(system: RunningSystem):
    """The rest of an immediate order ends at once; that is no failure."""
    system.paper.set_book("BTCUSDT", [("49990", "1")], [("50010", "0.02")])

    order = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.05", "--type", "limit", "--price", "50010"),
        *("--time-in-force", "ioc"),
        *ACCOUNT,
    )

    assert (order["status"], order["filled_quantity"]) == ("expired", "0.02")


def test_a_stop_is_set_off_by_the_price(system: RunningSystem):
    """A stop order rests until its trigger is touched, then trades."""
    system.paper.set_price("ETHUSDT", 3_000)
    system.json("order", "place", "ETH/USDT", "buy", "1", *ACCOUNT)
    stop = system.json(
        *("order", "place", "ETH/USDT", "sell", "0.5", "--type", "stop"),
        *("--trigger-price", "2900", *ACCOUNT),
    )
    assert (stop["status"], stop["trigger_price"]) == ("accepted", "2900")

    system.paper.set_price("ETHUSDT", 2_890)

    eventually(
        lambda: system.json("order", "show", stop["client_order_id"])["status"] == "filled",
    )
    assert_equal_to_exchange(system, "paper")


def test_an_id_must_name_one_order(system: RunningSystem):
    """An unknown id and a beginning that many share are refused in one sentence."""
    for _ in range(2):
        system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    unknown = system.json("order", "show", "no-such-order", exit_code=1)
    ambiguous = system.json("order", "show", "auga1", exit_code=1)
    strange = system.json("order", "cancel", "x y\x07", exit_code=1)

    assert unknown["error"]["code"] == "UNKNOWN_ORDER"
    assert ambiguous["error"]["code"] == "AMBIGUOUS_ORDER"
    assert strange["error"]["code"] == "UNKNOWN_ORDER"


def test_a_finished_order_cannot_be_cancelled(system: RunningSystem):
    """Cancelling what is filled says so, with exit code 1."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    answer = system.augustan("order", "cancel", order["client_order_id"]).expect(1)

    assert "the order is filled: there is nothing to cancel" in answer.stderr


def test_tables_fit_a_hundred_columns(system: RunningSystem):
    """What people read of every list is at most a hundred columns wide."""
    system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    for verb in (("order", "list"), ("fills",), ("positions",), ("portfolio",), ("denials",)):
        lines = system.augustan(*verb).expect().stdout.splitlines()
        assert lines
        assert max(map(len, lines)) <= 100


def test_the_installed_script_does_the_same(system: RunningSystem):
    """From a shell, interpreter start included: object on stdout, nothing on stderr."""
    answer = system.installed(
        "order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT, "--json"
    ).expect()

    assert answer.document["status"] == "filled"
    assert answer.stderr == ""
