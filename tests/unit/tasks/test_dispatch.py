"""The Dispatcher over Celery: ids on the right lane, and no harm where nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import Celery

from engine.ports import OutboxEntry
from tasks import queues
from tasks.dispatch import CeleryDispatcher
from tests.fleet import client_app
from tests.ports import free_port

Send = Callable[[CeleryDispatcher], None]

#: Every message that is no chord, and its lane.
MESSAGES: dict[str, tuple[str, Send]] = {
    "orders.submit_order": ("submit", lambda it: it.submit_order("desk", "id")),
    "orders.poll_order": ("poll", lambda it: it.poll_order("desk", "id")),
    "orders.resolve_order": ("resolve", lambda it: it.resolve_order("desk", "id")),
    "orders.cancel_order": ("cancel", lambda it: it.cancel_order("desk", "id")),
    "orders.cancel_symbol": ("cancel", lambda it: it.cancel_symbol("desk", "BTC/USDT")),
    "signals.process_signal": ("signals", lambda it: it.process_signal("desk", "id")),
    "monitoring.reconcile_account": ("monitor", lambda it: it.reconcile("desk")),
    "monitoring.watch_account": ("monitor", lambda it: it.watch("desk")),
    "positions.update_position": ("completion", lambda it: it.update_position("desk", "BTC/USDT")),
}
NOTHING_TOUCHED = OutboxEntry(entry_id="entry", group_id="group", created_at_ms=1)
TOUCHED = OutboxEntry(entry_id="entry", group_id="group", cursors={"BTC/USDT": 1}, created_at_ms=1)


@pytest.fixture
def app() -> Iterator[Celery]:
    """An app whose broker is this process."""
    made = client_app("memory://", "cache+memory://")
    with made.connection_for_write() as connection:
        for lane in queues.LANES:
            made.amqp.queues[lane](connection.default_channel).declare()
    yield made
    made.close()


@pytest.mark.parametrize("task", MESSAGES)
def test_a_message_names_its_task_and_carries_ids(app: Celery, task: str) -> None:
    """It lies on its lane, asks for no result, and holds nothing but words."""
    lane, send = MESSAGES[task]
    send(CeleryDispatcher(app))
    with app.connection_for_read() as connection:
        message = app.amqp.queues[lane](connection.default_channel).get(no_ack=True)
    assert message.headers["task"] == task
    assert message.headers["ignore_result"] is True
    args, kwargs, _ = message.payload
    assert set(args) <= {"desk", "id", "BTC/USDT"}
    assert kwargs == {}


def test_an_entry_that_touched_no_position_is_the_portfolio_alone(app: Celery) -> None:
    """There is no chord without a header."""
    CeleryDispatcher(app).complete("desk", NOTHING_TOUCHED)
    with app.connection_for_read() as connection:
        message = app.amqp.queues["completion"](connection.default_channel).get(no_ack=True)
    assert message.headers["task"] == "portfolio.update_portfolio"
    assert message.payload[0] == ["desk", "entry"]


def test_waiting_messages_are_counted_by_lane(app: Celery) -> None:
    """The status shows which lane falls behind."""
    dispatcher = CeleryDispatcher(app)
    for _ in range(3):
        dispatcher.submit_order("desk", "id")
    lengths = dispatcher.queue_lengths()
    assert lengths["submit"] == 3
    assert set(lengths) == set(queues.LANES)


@pytest.mark.parametrize(
    "send",
    [
        lambda it: it.submit_order("desk", "id"),
        lambda it: it.complete("desk", NOTHING_TOUCHED),
        lambda it: it.complete("desk", TOUCHED),
    ],
    ids=["message", "portfolio", "chord"],
)
def test_a_broker_that_is_away_stops_nobody(send: Send) -> None:
    """What a message asks for is in the store, so losing it is no failure of the sender."""
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    app = client_app(nowhere, nowhere)
    app.conf.task_publish_retry_policy = {"max_retries": 0}
    app.conf.result_backend_always_retry = False
    send(CeleryDispatcher(app))
    app.close()
