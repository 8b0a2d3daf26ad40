"""The command where nobody answers: no worker, a store that goes away, Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import RunningSystem, running_system
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

IMPATIENT = {"AUGUSTAN__EXECUTION__PLACE_WAIT_MS": "300"}
IN_DOUBT = 3
SAME_ID = "do not place again; the same --id is safe"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[RunningSystem]:
    """A system without workers, its account opened by hand."""
    with running_system(tmp_path, accounts=("paper",), start=False) as system:
        system.paper.set_price("BTCUSDT", 50_000)
        assert system.json("reconcile")[0]["was_rebuilt"]
        yield system


def recorded(system: RunningSystem) -> list[dict[str, Any]]:
    """Return every order that the store has."""
    listed: list[dict[str, Any]] = system.json("order", "list")
    return listed


def test_what_nobody_sends_yet_is_recorded_and_in_doubt(alone: RunningSystem):
    """Order and signal: exit code 3, what to do; once workers run, each is done once."""
    wish = ("signal", "send", "BTCUSDT", "long", "--stop-price", "49000", "--id", "early")
    order = ("order", "place", "ETHUSDT", "buy", "0.1", "--id", "early order")

    waiting = alone.augustan(*wish, "--json", **IMPATIENT).expect(IN_DOUBT)
    # Right after an account was opened an id of before might still be on its way: refused
    placed = eventually(
        lambda: (said := alone.augustan(*order, **IMPATIENT)).exit_code == IN_DOUBT and said,
    )

    assert waiting.document["status"] == "received"
    assert SAME_ID in waiting.stderr
    assert SAME_ID in placed.stderr
    assert "recorded and not sent yet" in placed.stderr
    assert alone.paper.orders() == []
    status = alone.json("status")
    assert status["ready"] is False
    assert any("no worker serves" in problem for problem in status["problems"])

    alone.start()
    assert alone.json(*wish)["order"]["status"] == "filled"
    assert alone.json(*order)["status"] == "filled"
    kinds = [order["type"] for order in alone.paper.orders()]
    assert kinds.count("MARKET") == 2, kinds  # Beside them the stop that protects the position


def test_a_store_that_goes_away_while_waiting_is_no_refusal(alone: RunningSystem):
    """The order is recorded: exit code 3, never 1, which would read as "place it again"."""
    wish = ("order", "place", "BTCUSDT", "buy", "0.01", "--json")
    call = alone.start_call(*wish, AUGUSTAN__EXECUTION__PLACE_WAIT_MS="5000")
    (order,) = eventually(lambda: recorded(alone))

    alone.state.kill()
    answer = call.answer().expect(IN_DOUBT)
    alone.state.start()

    assert answer.document["error"]["code"] == "IN_DOUBT"
    assert order["client_order_id"] in answer.stderr
    assert SAME_ID in answer.stderr
    assert [one["id"] for one in recorded(alone)] == [order["id"]]


def test_ctrl_c_while_waiting_is_no_refusal(alone: RunningSystem):
    """What was recorded goes on; the sentence names it and says not to place again."""
    call = alone.start_call("order", "place", "BTCUSDT", "buy", "0.01", "--json")
    (order,) = eventually(lambda: recorded(alone))

    call.interrupt()
    answer = call.answer().expect(IN_DOUBT)

    assert SAME_ID in answer.stderr
    assert order["client_order_id"] in answer.stderr or "may be recorded" in answer.stderr
    assert len(recorded(alone)) == 1


def test_a_cancel_before_anything_was_sent(alone: RunningSystem):
    """The wish is written down; the workers deny the order instead of sending it."""
    alone.augustan("order", "place", "BTCUSDT", "buy", "0.01", "--no-wait").expect()
    (order,) = recorded(alone)

    wished = alone.json("order", "cancel", order["client_order_id"], "--no-wait")
    alone.start()

    assert wished["cancel_requested"] is True
    ended = eventually(
        lambda: (
            (seen := alone.json("order", "show", order["client_order_id"]))["is_settled"] and seen
        ),
    )
    assert (ended["status"], ended["code"]) == ("denied", "CANCELED")
    assert alone.paper.orders() == []
