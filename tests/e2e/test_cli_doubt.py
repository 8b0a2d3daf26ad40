"""Unknown is not failed: what the command says, and how a doubt ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.comparing import orders_with_id
from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "fourth")
ORDER_PATH = "/api/v3/order"
LISTS = ("/api/v3/openOrders", "/api/v3/allOrders")
#: The command's own patience in these tests; the workers' stays as it is.
IMPATIENT = {"AUGUSTAN__EXECUTION__PLACE_WAIT_MS": "600"}
IN_DOUBT = 3
#: How long the exchange's queries lag behind; the window that settles a doubt is longer.
INVISIBLE_MS = 2_500


@pytest.fixture(autouse=True)
def _healthy_again(system: RunningSystem) -> Iterator[None]:
    """End every fault with its test."""
    yield
    system.paper.clear_faults()


def lose_the_answer(system: RunningSystem, *, placed: bool) -> None:
    """Drop the connection instead of answering, and let nobody find the order, by id or by list."""
    system.paper.add_fault(
        method="POST", path=ORDER_PATH, key="fourth", effect=placed, answer="drop", count=1
    )
    system.paper.add_fault(
        method="GET",
        path=ORDER_PATH,
        key="fourth",
        client_order_id_prefix="aug",
        effect=False,
        answer="status",
        status=503,
        count=None,
    )
    for path in LISTS:  # A reconcile that happens to be due would find it there
        system.paper.add_fault(
            method="GET",
            path=path,
            key="fourth",
            effect=False,
            answer="status",
            status=503,
            count=None,
        )


def place_in_doubt(system: RunningSystem, *, placed: bool) -> dict[str, Any]:
    """Place an order whose answer is lost."""
    lose_the_answer(system, placed=placed)
    order: dict[str, Any] = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.01"),
        *ACCOUNT,
        exit_code=IN_DOUBT,
        **IMPATIENT,
    )
    assert (order["status"], order["in_doubt"]) == ("submitted", True)
    return order


def test_a_lost_answer_is_a_doubt_that_ends_by_itself(system: RunningSystem):
    """Exit code 3, what to do, by when it is known; then it is found, and is one order."""
    # On a new store the first id waits until none of before can arrive; this one waits for all
    system.json("order", "place", "BTC/USDT", "buy", "0.01", "--id", "the first", *ACCOUNT)
    system.paper.add_fault(
        method="POST", path=ORDER_PATH, key="fourth", answer="drop", invisible_ms=INVISIBLE_MS
    )
    wish = ("order", "place", "BTC/USDT", "buy", "0.01", "--id", "lost answer", *ACCOUNT)
    answer = system.augustan(*wish, "--json", **IMPATIENT).expect(IN_DOUBT)

    order = answer.document
    assert order["in_doubt"] is True
    assert order["settles_at_ms"] > order["created_at_ms"]
    assert "do not place again; the same --id is safe" in answer.stderr
    assert order["settles_at"] in answer.stderr
    listed = system.json("order", "list", "--in-doubt", *ACCOUNT)
    assert [one["client_order_id"] for one in listed] == [order["client_order_id"]]

    again = system.json(*wish)
    assert (again["client_order_id"], again["status"]) == (order["client_order_id"], "filled")
    assert len(orders_with_id(system, order["client_order_id"])) == 1


def test_resolve_looks_now(system: RunningSystem):
    """While the exchange is silent the doubt stays (3); once it speaks, one look ends it."""
    order = place_in_doubt(system, placed=True)
    own_id = order["client_order_id"]

    still = system.json("order", "resolve", own_id, exit_code=IN_DOUBT)
    system.paper.clear_faults()
    known = system.json("order", "resolve", own_id)

    assert still["in_doubt"] is True
    assert known["status"] == "filled"
    timeline = system.json("order", "show", own_id)["timeline"]
    assert any("in doubt" in event["message"] for event in timeline)


def test_an_order_that_never_arrived_ends_as_not_placed(system: RunningSystem):
    """It ends by itself, explained with its evidence, and the id stays spent."""
    system.paper.add_fault(
        method="POST", path=ORDER_PATH, key="fourth", effect=False, answer="drop", count=1
    )
    wish = ("order", "place", "BTC/USDT", "buy", "0.01", "--id", "never arrived", *ACCOUNT)

    order = system.json(*wish, exit_code=1)
    again = system.json(*wish, exit_code=1)

    assert (order["status"], order["code"]) == ("rejected", "NOT_PLACED")
    assert int(order["evidence"]["server_time_ms"]) > int(order["evidence"]["window_ends_ms"])
    assert again["client_order_id"] == order["client_order_id"]
    assert orders_with_id(system, order["client_order_id"]) == []


def test_a_person_may_say_that_it_was_not_placed(system: RunningSystem):
    """The word is audited with a name."""
    order = place_in_doubt(system, placed=False)

    settled = system.json(
        "order", "settle", order["client_order_id"], "--not-placed", USER="an operator"
    )

    assert (settled["status"], settled["code"]) == ("rejected", "NOT_PLACED")
    assert settled["evidence"] == {"by": "an operator"}


def test_a_person_may_name_the_order(system: RunningSystem):
    """The named order is adopted with its fills; a wrong number is refused."""
    order = place_in_doubt(system, placed=True)
    own_id = order["client_order_id"]
    (theirs,) = orders_with_id(system, own_id)

    wrong = system.json("order", "settle", own_id, "--exchange-id", "999999", exit_code=1)
    settled = system.json(
        "order", "settle", own_id, "--exchange-id", str(theirs["order_id"]), USER="an operator"
    )

    assert "999999" in wrong["error"]["message"]
    assert settled["exchange_order_id"] == str(theirs["order_id"])
    assert (settled["status"], settled["filled_quantity"]) == ("filled", "0.01")
    timeline = system.json("order", "show", own_id)["timeline"]
    assert any("by an operator" in event["message"] for event in timeline)


def test_only_a_doubt_can_be_settled(system: RunningSystem):
    """An order whose outcome is known is left as it is."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    refused = system.json("order", "settle", order["client_order_id"], "--not-placed", exit_code=1)

    assert "not in doubt" in refused["error"]["message"]
    assert system.json("order", "show", order["client_order_id"])["status"] == "filled"


def test_a_cancel_in_doubt_is_carried_out_when_the_order_is_found(system: RunningSystem):
    """The wish survives: exit code 3 first, and the order ends cancelled."""
    lose_the_answer(system, placed=True)
    order = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.01", "--type", "limit", "--price", "40000"),
        *ACCOUNT,
        exit_code=IN_DOUBT,
        **IMPATIENT,
    )
    own_id = order["client_order_id"]

    wished = system.json("order", "cancel", own_id, exit_code=IN_DOUBT, **IMPATIENT)
    system.paper.clear_faults()

    assert wished["cancel_requested"] is True
    eventually(lambda: system.json("order", "show", own_id)["status"] == "canceled", timeout_s=30)
    (theirs,) = orders_with_id(system, own_id)
    assert theirs["status"] == "CANCELED"
