"""Queues are lanes: what runs where, and what a lane's standstill does to the others."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest
from pytest_celery import CeleryTestSetup

from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from tasks import queues
from tasks.orders import MOST_POLLS
from tests.fleet import Fleet
from tests.tape import RedisTape
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
S = OrderStatus
RESTING = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}

#: Every task, and the lane that it must go to.
LANES = {
    "orders.submit_order": "submit",
    "orders.submit_exit": "exit",
    "orders.resolve_order": "resolve",
    "orders.cancel_order": "cancel",
    "orders.cancel_symbol": "cancel",
    "orders.poll_order": "poll",
    "orders.replace_order": "submit",
    "protection.protect_account": "protection",
    "protection.watch_protections": "protection",
    "signals.process_signal": "signals",
    "signals.process_candles": "signals",
    "signals.run_strategy": "signals",
    "monitoring.watch_due_orders": "monitor",
    "monitoring.watch_account": "monitor",
    "monitoring.publish_outbox": "monitor",
    "monitoring.reconcile_accounts": "monitor",
    "monitoring.reconcile_account": "monitor",
    "monitoring.process_waiting_signals": "monitor",
    "monitoring.archive_accounts": "monitor",
    "monitoring.heartbeat": "monitor",
    "monitoring.follow_symbol": "monitor",
    "monitoring.keep_account_alive": "monitor",
    "monitoring.keep_alive": "monitor",
    "monitoring.record_portfolios": "monitor",
    "monitoring.record_portfolio": "monitor",
    "emergency.work_emergency": "emergency",
    "emergency.watch_emergencies": "emergency",
    "emergency.watch_triggers": "emergency",
    "archive.archive_account": "archive",
    "positions.update_position": "completion",
    "portfolio.update_portfolio": "completion",
}


def test_every_worker_knows_every_task(celery_setup: CeleryTestSetup) -> None:
    """A task that a worker does not know would be lost with its message."""
    nodes = [worker.hostname() for worker in celery_setup.worker_cluster]
    registered = celery_setup.app.control.inspect(destination=nodes, limit=2).registered()
    assert set(registered) == set(nodes)
    for tasks in registered.values():
        assert {task for task in tasks if not task.startswith("celery.")} == set(LANES)


def test_a_worker_serves_its_lanes_only(celery_setup: CeleryTestSetup, fleet: Fleet) -> None:
    """Together they serve every lane that is configured; none serves another's."""
    nodes = {worker.node: set(worker.lanes) for worker in fleet.workers}
    answers = celery_setup.app.control.inspect(destination=list(nodes), limit=2).active_queues()
    served = {node: {queue["name"] for queue in queues} for node, queues in answers.items()}
    assert served == nodes
    assert set.union(*served.values()) == set(queues.LANES)


def test_every_message_goes_to_its_lane(fleet: Fleet, trader: Trader, tape: RedisTape) -> None:
    """From an order's record to the portfolio: each message is published on its task's lane."""
    order = trader.place(quantity=1)
    eventually(lambda: trader.order(order.client_order_id).is_settled)
    eventually(lambda: not trader.context.store.list_outbox())
    fleet.send("signals.process_signal", trader.account, "unknown")
    tape.catch_up()
    seen = {(message.task, message.queue) for message in tape.messages()}
    assert {task for task, _ in seen} >= {
        "orders.submit_order",
        "positions.update_position",
        "portfolio.update_portfolio",
        "signals.process_signal",
    }
    assert seen <= set(LANES.items())


def test_a_standing_lane_holds_no_other(fleet: Fleet, trader: Trader) -> None:
    """While nobody submits, cancels and looks go on."""
    resting = trader.place(**RESTING)
    eventually(lambda: trader.order(resting.client_order_id).status is S.ACCEPTED)
    submit = next(worker for worker in fleet.workers if worker.lanes == ("submit",))
    submit.send(signal.SIGSTOP)
    try:
        waiting = trader.place(**RESTING)
        request_cancel(trader.context, resting.client_order_id)
        eventually(lambda: trader.order(resting.client_order_id).status is S.CANCELED)
        assert trader.order(waiting.client_order_id).status is S.INITIALIZED
    finally:
        submit.send(signal.SIGCONT)
    eventually(lambda: trader.order(waiting.client_order_id).status is S.ACCEPTED)


def test_polling_ends(fleet: Fleet, trader: Trader, tape: RedisTape) -> None:
    """A look at an order that rests asks for another one, but not for ever."""
    order = trader.place(**RESTING)
    eventually(lambda: trader.order(order.client_order_id).status is S.ACCEPTED)
    fleet.send("orders.poll_order", trader.account, order.client_order_id, task_id="first-look")
    fleet.send(
        *("orders.poll_order", trader.account, order.client_order_id),
        task_id="last-look",
        retries=MOST_POLLS,
    )
    eventually(lambda: _ended(tape, "last-look"))
    eventually(lambda: _published(tape, "first-look") > 1)
    assert _published(tape, "last-look") == 1


def _published(tape: RedisTape, task_id: str) -> int:
    tape.catch_up()
    return sum(message.task_id == task_id for message in tape.messages("orders.poll_order"))


def _ended(tape: RedisTape, task_id: str) -> bool:
    """Tell whether a worker reported the task's success as an event."""
    return any(event["uuid"] == task_id for event in tape.events("task-succeeded"))
