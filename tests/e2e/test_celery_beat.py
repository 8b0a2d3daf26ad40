"""Two beats tick, one tick counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from engine.execution.ending.cancellation import request_cancel
from engine.store import keys
from tasks.monitoring import watch_guard_ms
from tests.fleet import Fleet
from tests.forked_celery import CeleryProcess
from tests.settled import assert_ends_equal
from tests.tape import RedisTape
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
TICK = "monitoring.watch_due_orders"
#: Sweeps of which a lease lets one tick through.
GUARDED = ("watch_due_orders", "publish_outbox", "reconcile_accounts")


@pytest.fixture
def beats(fleet: Fleet) -> Iterator[list[CeleryProcess]]:
    """Two beats for one system, as is recommended."""
    running = [
        CeleryProcess(name, ["beat", "-l", "WARNING"], fleet.system.environ, fleet.system.folder)
        for name in ("beat-1", "beat-2")
    ]
    for beat in running:
        beat.start()
    yield running
    for beat in running:
        beat.kill()


def test_of_two_beats_one_tick_counts(
    fleet: Fleet, tape: RedisTape, beats: list[CeleryProcess], trader: Trader
) -> None:
    """Both publish; the guard lets one sweep of each kind through; one beat may die."""
    order = fleet.trader(trader.account, trader.uid, silent=True).place(quantity=1)
    eventually(lambda: trader.order(order.client_order_id).is_settled, timeout_s=90)
    eventually(lambda: len(_guarded(tape)) > 3 and _lost(tape), timeout_s=60)
    times_ms = sorted(_guarded(tape))
    gaps_ms = [after - before for before, after in pairwise(times_ms)]
    # A lease lasts from its taking; the event is told a little later
    assert min(gaps_ms) > watch_guard_ms(fleet.settings()) / 2

    beats[0].kill()
    seen = len(_guarded(tape))
    eventually(lambda: len(_guarded(tape)) > seen + 1)


def test_two_beats_whose_guard_is_lost(
    fleet: Fleet, tape: RedisTape, beats: list[CeleryProcess], trader: Trader
) -> None:
    """Every tick of both sweeps, at once where it can be; each order is still sent once."""
    silent = fleet.trader(trader.account, trader.uid, silent=True)
    resting = silent.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    orders = [silent.place(quantity=Decimal("0.1")) for _ in range(5)]

    def are_settled_without_guard() -> bool:
        with fleet.system.state.client() as client:
            client.delete(*(keys.lease(f"tick:{name}") for name in GUARDED))
        return all(trader.order(order.client_order_id).is_settled for order in orders)

    eventually(are_settled_without_guard, timeout_s=60, message=fleet.tails())
    request_cancel(silent.context, resting.client_order_id)
    orders.append(resting)
    eventually(are_settled_without_guard, timeout_s=60, message=fleet.tails())
    sent = trader.paper.control.stats()["sent_client_ids"]
    assert {sent[order.client_order_id] for order in orders} == {1}
    assert_ends_equal(fleet, trader, sweep=False)


def _lost(tape: RedisTape) -> bool:
    """Tell whether a tick found that the other beat's had been served."""
    tape.catch_up()
    return len({event["result"] for event in _ticks(tape)}) > 1


def _guarded(tape: RedisTape) -> list[float]:
    """Return when the ticks that swept ended, in ms."""
    tape.catch_up()
    swept = [event for event in _ticks(tape) if "accounts" in event["result"]]
    return [1_000 * event["timestamp"] for event in swept]


def _ticks(tape: RedisTape) -> list[dict[str, Any]]:
    ids = {message.task_id for message in tape.messages(TICK)}
    return [event for event in tape.events("task-succeeded") if event["uuid"] in ids]
