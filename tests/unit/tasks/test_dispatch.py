"""The Dispatcher over Celery: ids on the right lane, and no harm where nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from celery.schedules import schedule

from engine.domain.lanes import Lane
from engine.ports import OutboxEntry
from tasks import queues
from tasks.crowding import MOST_WAITING
from tasks.dispatch import CeleryDispatcher
from tasks.scheduler import MOST_TICKS, PatientScheduler
from tests.fleet import client_app
from tests.ports import free_port

Send = Callable[[CeleryDispatcher], None]

#: Every message that is no chord, and its lane.
MESSAGES: dict[str, tuple[str, Send]] = {
    "orders.submit_order": ("submit", lambda it: it.submit_order("desk", "id")),
    "orders.submit_exit": ("exit", lambda it: it.submit_order("desk", "id", Lane.EXIT)),
    "orders.poll_order": ("poll", lambda it: it.poll_order("desk", "id")),
    "orders.resolve_order": ("resolve", lambda it: it.resolve_order("desk", "id")),
    "orders.cancel_order": ("cancel", lambda it: it.cancel_order("desk", "id")),
    "orders.cancel_symbol": ("cancel", lambda it: it.cancel_symbol("desk", "BTC/USDT")),
    "protection.protect_account": ("protection", lambda it: it.protect("desk")),
    "signals.process_signal": ("signals", lambda it: it.process_signal("desk", "id")),
    "monitoring.reconcile_account": ("monitor", lambda it: it.reconcile("desk")),
    "monitoring.watch_account": ("monitor", lambda it: it.watch("desk")),
    "positions.update_position": ("completion", lambda it: it.update_position("desk", "BTC/USDT")),
}
#: Those that a sweep repeats until they are done.
AGAIN = {
    name: MESSAGES[name]
    for name in MESSAGES
    if name not in {"orders.cancel_order", "orders.cancel_symbol", "positions.update_position"}
}
NOTHING_TOUCHED = OutboxEntry(entry_id="entry", group_id="group", created_at_ms=1)
TOUCHED = OutboxEntry(entry_id="entry", group_id="group", cursors={"BTC/USDT": 1}, created_at_ms=1)


@pytest.fixture
def app() -> Iterator[Celery]:
    """An app whose broker is this process."""
    made = client_app("memory://", "cache+memory://")
    with made.connection_for_write() as connection:
        for lane in queues.LANES:
            queue = made.amqp.queues[lane](connection.default_channel)
            queue.declare()
            queue.purge()  # The broker is this process, and other tests were here
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


@pytest.mark.parametrize("task", [*AGAIN, "complete"])
def test_what_comes_again_does_not_pile_up(app: Celery, task: str) -> None:
    """Where many wait a sweep's hint is left out; what is said once is sent all the same."""
    dispatcher = CeleryDispatcher(app)
    lane, send = AGAIN.get(task, ("completion", lambda it: it.complete("desk", NOTHING_TOUCHED)))
    for _ in range(MOST_WAITING + 20):
        send(dispatcher)
    assert dispatcher.queue_lengths()[lane] == MOST_WAITING
    dispatcher.submit_orders("desk", ["id"])
    assert dispatcher.queue_lengths()["submit"] == (MOST_WAITING if lane == "submit" else 0) + 1


def test_a_lane_that_was_worked_off_gets_hints_again(app: Celery) -> None:
    """Nothing is remembered but what waits there."""
    dispatcher = CeleryDispatcher(app)
    for _ in range(MOST_WAITING + 20):
        dispatcher.watch("desk")
    with app.connection_for_write() as connection:
        app.amqp.queues["monitor"](connection.default_channel).purge()
    dispatcher.watch("desk")
    assert dispatcher.queue_lengths()["monitor"] == 1


def test_ticks_do_not_pile_up(app: Celery) -> None:
    """Beat skips one where its lane is crowded, and plans the next as ever."""
    scheduler = PatientScheduler(app=app, lazy=True)
    entry = scheduler.Entry(
        name="watch", task="monitoring.watch_due_orders", schedule=schedule(1.0), app=app
    )
    for _ in range(MOST_TICKS + 20):
        scheduler.apply_entry(entry)
    assert CeleryDispatcher(app).queue_lengths()["monitor"] == MOST_TICKS
    scheduler.schedule = {entry.name: entry}
    assert scheduler.apply_async(entry) is None
    assert scheduler.schedule[entry.name].total_run_count == 1


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
