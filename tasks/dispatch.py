"""The Dispatcher port over Celery: messages with ids only, each a hint."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from celery import Celery, Signature, chord, uuid
from celery.result import denied_join_result
from kombu.exceptions import OperationalError

from engine.config import Settings
from engine.domain.lanes import Lane
from engine.ports import OutboxEntry
from tasks.app import app
from tasks.broker_faults import asking, errors_of, healing
from tasks.crowding import is_crowded
from tasks.queues import egress_route, lane_queues

log = logging.getLogger(__name__)


class CeleryDispatcher:
    """Sends tasks by name, so that a caller needs no worker code.

    A message that cannot be sent is logged and forgotten: what it asked for is in the store,
    and a sweep finds it there. So is, without a word, what would come again and again to a lane
    where many wait.
    """

    def __init__(self, sender: Celery = app) -> None:
        """Send through `sender`: another app may know another broker."""
        self._app = sender
        self._publishing = Lock()

    def submit_order(self, account: str, client_order_id: str, lane: Lane = Lane.SUBMIT) -> None:
        """Ask again for an order that `submit_orders` handed over."""
        self._ask(_submit_task(lane), account, client_order_id)

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        """Hand each order over by itself, all through one connection."""
        try:
            with self._app.producer_or_acquire() as producer:
                for name in client_order_ids:
                    self._send(_submit_task(lane), account, name, producer=producer)
        except OperationalError as error:
            log.warning("could not hand over %d orders: %s", len(client_order_ids), error)

    def poll_order(self, account: str, client_order_id: str) -> None:
        self._ask("orders.poll_order", account, client_order_id)

    def resolve_order(self, account: str, client_order_id: str) -> None:
        self._ask("orders.resolve_order", account, client_order_id)

    def cancel_order(self, account: str, client_order_id: str) -> None:
        self._send("orders.cancel_order", account, client_order_id)

    def cancel_symbol(self, account: str, symbol: str) -> None:
        self._send("orders.cancel_symbol", account, symbol)

    def replace_order(self, account: str, client_order_id: str) -> None:
        self._send("orders.replace_order", account, client_order_id)

    def follow_symbol(self, account: str, symbol: str) -> None:
        self._send("monitoring.follow_symbol", account, symbol)

    def work_emergency(self, account: str) -> None:
        self._send("emergency.work_emergency", account)

    def process_signal(self, account: str, signal_id: str) -> None:
        self._ask("signals.process_signal", account, signal_id)

    def protect(self, account: str) -> None:
        self._ask("protection.protect_account", account)

    def reconcile(self, account: str) -> None:
        self._ask("monitoring.reconcile_account", account)

    def watch(self, account: str) -> None:
        self._ask("monitoring.watch_account", account)

    def update_position(self, account: str, symbol: str) -> None:
        self._send("positions.update_position", account, symbol)

    def complete(self, account: str, entry: OutboxEntry) -> None:
        """Publish the chord: every touched position, then the portfolio.

        The header tasks return a word and never raise; the body is immutable. An entry that
        touched no position is the portfolio's update alone.
        """
        body = "portfolio.update_portfolio"
        if is_crowded(self._app, body, (account,)):
            return
        portfolio = self._app.signature(body, args=(account, entry.entry_id), immutable=True)
        positions = [
            self._app.signature("positions.update_position", args=(account, symbol), immutable=True)
            for symbol in sorted(entry.cursors)
        ]
        try:
            if positions:
                self._publish_chord(positions, portfolio)
            else:
                portfolio.apply_async(ignore_result=True)
        except self._unreachable() as error:
            log.warning("could not publish outbox entry %s: %s", entry.entry_id, error)

    def _publish_chord(self, header: Sequence[Signature], body: Signature) -> None:
        """Publish it, and listen for none of its results: nobody here waits for them.

        Celery subscribes to every result of a header and keeps who waits for it: without an end
        that were one channel and two objects for each order that ever settled.
        """
        for task in (*header, body):
            task.set(task_id=uuid())
        # The stream listener has a thread for each account; the backend's subscriptions have none
        with self._publishing, denied_join_result():
            try:
                chord(header, app=self._app)(body)
            finally:
                self._forget_results(task.options["task_id"] for task in (*header, body))

    def _forget_results(self, task_ids: Iterable[str]) -> None:
        for task_id in task_ids:
            for waiting in self._app.backend._pending_results:  # Private, and its only list
                waiting.pop(task_id, None)  # The last hand on it: it ends its subscription

    def _unreachable(self) -> tuple[type[Exception], ...]:
        """Return how a broker looks that is away or full, and a result backend after its retries.

        AttributeError: a channel that kombu closed, see `healing`.
        """
        return (RuntimeError, AttributeError, *errors_of(self._app.backend))

    def queue_lengths(self) -> Mapping[str, int]:
        """Return how many messages wait in each lane, at each egress address."""
        with asking(self._app), self._app.connection_for_read() as connection:
            channel = connection.default_channel
            return {queue: channel._size(queue) for queue in self._app.amqp.queues}

    def _ask(self, name: str, *ids: str) -> None:
        """Send what a sweep asks for again, if it is lost or left out."""
        if not is_crowded(self._app, name, ids):
            self._send(name, *ids)

    def list_workers(self, wait_ms: int) -> Mapping[str, tuple[str, ...]]:
        """Ask every worker which lanes it serves; takes as long as it is given."""
        with asking(self._app):
            answers = self._app.control.inspect(timeout=wait_ms / 1_000).active_queues() or {}
        return {
            node: tuple(sorted(queue["name"] for queue in queues))
            for node, queues in sorted(answers.items())
        }

    def _send(self, name: str, *ids: str, producer: Any = None) -> None:
        task: Any = self._app.signature(name, args=ids)
        try:
            with self._app.producer_or_acquire(producer) as sender, healing(sender.connection):
                task.apply_async(ignore_result=True, producer=sender)
        except OperationalError as error:
            log.warning("could not send %s %s: %s", name, " ".join(ids), error)


def _submit_task(lane: Lane) -> str:
    """Return the task that sends orders of the lane; its name leads to the queue."""
    return "orders.submit_order" if lane is Lane.SUBMIT else "orders.submit_exit"


def open_producer(sender: Celery = app) -> None:
    """Open the connection that this process's messages will leave on."""
    with sender.producer_or_acquire() as producer:
        producer.connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=1.0)
        producer.channel.client.ping()


def build_dispatcher(settings: Settings) -> CeleryDispatcher:
    """Return a dispatcher to the message server of these settings.

    A script may name a configuration of its own; this process's app knows the default one only.
    """
    broker, results = settings.store.broker, settings.store.results
    routes = (egress_route(settings),)
    if broker is None or results is None:
        return CeleryDispatcher(app)
    if (broker.celery_url(), routes) == (app.conf.broker_url, app.conf.task_routes):
        return CeleryDispatcher(app)
    sender = Celery("augustan")
    sender.config_from_object("celeryconfig")
    sender.conf.update(
        broker_url=broker.celery_url(),
        result_backend=results.celery_url(),
        task_queues=lane_queues(settings),
        task_routes=routes,
    )
    return CeleryDispatcher(sender)
