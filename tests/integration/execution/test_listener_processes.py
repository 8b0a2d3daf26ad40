"""Real listener processes, killed, stopped and misled: one leads, nothing is lost or doubled."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.stream import StreamHealth
from tests.desk import Desk
from tests.faults.holding_proxy import Place, holding_proxy
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.listening import PATIENCE_S, listener_process
from tests.paper import PaperExchange
from tests.process import ServiceProcess
from tests.redis_server import RedisServer
from tests.redis_server import redis_server as running_server
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.faults]
S = OrderStatus


class Listeners:
    """Two listeners of one desk."""

    def __init__(self, desk: Desk, stack: ExitStack) -> None:
        self.desk = desk
        self._stack = stack

    def start(self, name: str, **environ: str) -> ServiceProcess:
        process = listener_process(self.desk, name, **environ)
        self._stack.callback(process.kill)
        process.start()
        return process

    def health(self) -> StreamHealth:
        return self.desk.context.store.load_stream()

    def leader(self) -> str:
        return self.health().leader.partition("@")[0]

    def await_live(self, name: str) -> StreamHealth:
        eventually(
            lambda: self.leader() == name and self.health().is_live, timeout_s=2 * PATIENCE_S
        )
        return self.health()

    def await_booked(self, order: Order, quantity: str) -> None:
        name = order.client_order_id
        eventually(
            lambda: self.desk.order(name).filled_quantity == Decimal(quantity),
            timeout_s=PATIENCE_S,
        )


@pytest.fixture
def listeners(desk: Desk) -> Iterator[Listeners]:
    with ExitStack() as stack:
        yield Listeners(desk, stack)


def rest(desk: Desk) -> Order:
    placed = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    return desk.order(placed.client_order_id)


def fill(desk: Desk, order: Order, quantity: str) -> None:
    number = int(order.exchange_order_id or 0)
    desk.paper.control.fill("BTCUSDT", order_id=number, quantity=quantity)


def test_a_killed_leader_is_followed_by_the_other(desk: Desk, listeners: Listeners) -> None:
    """What happens until its lease is over is asked for by the next; a TERM ends it with 0."""
    order = rest(desk)
    first = listeners.start("first")
    term = listeners.await_live("first").term
    second = listeners.start("second")
    fill(desk, order, "0.2")
    listeners.await_booked(order, "0.2")

    first.kill()
    fill(desk, order, "0.3")
    health = listeners.await_live("second")
    listeners.await_booked(order, "0.5")
    fill(desk, order, "0.5")
    listeners.await_booked(order, "1")

    assert health.term > term
    second.send(signal.SIGTERM)
    assert second.wait(PATIENCE_S) == 0
    assert listeners.health().leader == ""
    assert_equal_to_exchange(desk)


@pytest.mark.slow
@pytest.mark.parametrize("place", list(Place))
def test_a_leader_that_sleeps_in_the_middle_of_a_message(
    desk: Desk, listeners: Listeners, redis_server: RedisServer, place: Place
) -> None:
    """Another leads when it wakes: its late write changes nothing, and it stops listening."""
    order = rest(desk)
    with holding_proxy(redis_server.port) as wire:
        sleeper = listeners.start("sleeper", AUGUSTAN_STORE_URL=wire.url)
        term = listeners.await_live("sleeper").term
        listeners.start("other")
        wire.hold("commit", place)
        fill(desk, order, "0.4")
        assert wire.is_held.wait(PATIENCE_S), sleeper.tail()
        # The lease is renewed beside the message that hangs; only the stream is not relied on
        eventually(lambda: not listeners.health().is_live, timeout_s=PATIENCE_S)
        assert (listeners.leader(), listeners.health().term) == ("sleeper", term)
        sleeper.send(signal.SIGSTOP)
        try:
            listeners.await_live("other")
            listeners.await_booked(order, "0.4")
            fill(desk, order, "0.1")
            listeners.await_booked(order, "0.5")
            wire.release()
        finally:
            sleeper.send(signal.SIGCONT)
        fill(desk, order, "0.5")
        listeners.await_booked(order, "1")
        eventually(lambda: "is over" in sleeper.tail(), timeout_s=PATIENCE_S)
    assert listeners.health().term > term
    assert listeners.leader() == "other"
    assert_equal_to_exchange(desk)


@pytest.mark.slow
def test_a_dead_connection_is_noticed_and_replaced(desk: Desk, listeners: Listeners) -> None:
    """No event and no pong comes, though it stays open: what it swallowed is asked for."""
    order = rest(desk)
    listeners.start(
        "only",
        AUGUSTAN__STREAM__PING_MS="1000",
        AUGUSTAN__STREAM__SILENCE_MS="2500",
    )
    before = listeners.await_live("only")
    desk.paper.control.add_stream_fault("dead", uid=desk.uid)
    fill(desk, order, "0.4")
    eventually(lambda: listeners.health().reconnects > before.reconnects, timeout_s=PATIENCE_S)
    listeners.await_booked(order, "0.4")
    listeners.await_live("only")
    fill(desk, order, "0.6")
    listeners.await_booked(order, "1")
    assert_equal_to_exchange(desk)


@pytest.mark.slow
def test_an_account_that_cannot_be_heard_disturbs_no_other(
    desk: Desk, listeners: Listeners
) -> None:
    """A wrong key and an exchange that is away are told in the log, without a secret."""
    settings = json.loads(desk.config_path.read_text())
    broken = {"base_url": "paper", "api_key": "nobody-knows", "secret": "it-is-secret"}
    away = broken | {"base_url": "http://127.0.0.1:9"}
    settings["accounts"] |= {"wrong": broken, "away": away}
    desk.config_path.write_text(json.dumps(settings))
    order = rest(desk)
    process = listeners.start("only")
    listeners.await_live("only")
    fill(desk, order, "1")
    listeners.await_booked(order, "1")
    for name in ("wrong", "away"):
        eventually(lambda name=name: f"stream of {name}: " in process.tail(500), timeout_s=30)
    assert process.is_running
    assert "it-is-secret" not in process.tail(10_000)
    assert "nobody-knows" not in process.tail(10_000)
    assert_equal_to_exchange(desk)


@pytest.mark.slow
def test_a_store_that_was_away_is_found_again(tmp_path: Path, paper: PaperExchange) -> None:
    """Nothing is booked meanwhile; afterwards the account is reconciled and the stream live."""
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    with running_server(tmp_path, *durable) as server, ExitStack() as stack:
        desk = Desk(tmp_path, server.url, paper).open()
        stack.callback(desk.close)
        listeners, order = Listeners(desk, stack), rest(desk)
        process = listeners.start("only")
        first = listeners.await_live("only")
        server.kill()
        fill(desk, order, "0.4")
        eventually(lambda: "is over" in process.tail(), timeout_s=PATIENCE_S)
        server.start()
        desk.open()
        assert listeners.await_live("only").term > first.term
        fill(desk, order, "0.6")
        listeners.await_booked(order, "1")
        assert_equal_to_exchange(desk)
