"""Nothing secret, and nothing but ids and words, travels through Celery."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.execution.ending.cancellation import request_cancel
from engine.portfolio.position_update import PositionUpdate
from tasks.admission import BUSY
from tests.fleet import Fleet
from tests.house import key_of, secret_of
from tests.settled import assert_ends_equal
from tests.tape import RedisTape
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
#: What a result may be.
WORDS = {*(update.value for update in PositionUpdate), "updated", "left", "failed", BUSY}
CHORD = {"positions.update_position", "portfolio.update_portfolio"}


def live_a_life(fleet: Fleet, trader: Trader) -> None:
    """Place, fill, cancel, refuse, doubt and reconcile, so that every task has had its say."""
    filled = trader.place(quantity=1)
    resting = trader.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    eventually(lambda: trader.order(resting.client_order_id).exchange_order_id)
    request_cancel(trader.context, resting.client_order_id)
    refused = trader.place(order_type="limit", quantity=1, price=Decimal(101), post_only=True)
    eventually(lambda: trader.order(refused.client_order_id).is_settled)
    trader.paper.control.drop_after(key=key_of(trader.account))
    doubtful = trader.place(quantity=1)
    assert_ends_equal(fleet, trader)
    for order in (filled, resting, doubtful):
        assert trader.order(order.client_order_id).exchange_order_id


def test_nothing_secret_leaves_the_processes(fleet: Fleet, trader: Trader, tape: RedisTape) -> None:
    """Key and secret are in no message, result, event, store record or log."""
    live_a_life(fleet, trader)
    tape.catch_up()
    places = {
        "broker, results and events": tape.text(),
        "state": dump(fleet),
        "logs": "".join(worker.log.read_text(errors="replace") for worker in fleet.workers),
    }
    assert trader.account in places["broker, results and events"]
    assert len(tape.events("task-succeeded")) > 5
    for place, text in places.items():
        for secret in (key_of(trader.account), secret_of(trader.account)):
            assert secret not in text, place


def test_messages_are_ids_and_only_the_chord_has_results(
    fleet: Fleet, trader: Trader, tape: RedisTape
) -> None:
    """Arguments are names and ids; a stored result is one word of a completion task."""
    live_a_life(fleet, trader)
    tape.catch_up()
    messages = tape.messages()
    for message in messages:
        assert all(isinstance(argument, str) and len(argument) < 80 for argument in message.args)
        assert message.kwargs == {}
    tasks = {message.task_id: message.task for message in messages}
    results = tape.results()
    assert {tasks[task_id] for task_id in results if task_id in tasks} == CHORD
    for result in results.values():
        assert result["status"] in {"STARTED", "SUCCESS"}
        assert result["status"] == "STARTED" or result["result"] in WORDS
        assert not {"args", "kwargs"} & set(result)


def dump(fleet: Fleet) -> str:
    """Return every value of the state, as text."""
    with fleet.system.state.client() as client:
        readers = {
            "string": client.get,
            "hash": client.hgetall,
            "set": lambda key: list(client.smembers(key)),
            "zset": lambda key: client.zrange(key, 0, -1),
            "list": lambda key: client.lrange(key, 0, -1),
            "stream": client.xrange,
        }
        return json.dumps([[key, readers[client.type(key)](key)] for key in client.scan_iter()])
