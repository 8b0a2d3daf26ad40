"""A process that moves rows and orders is killed at each of its messages to Redis."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from engine.archive.run import run
from engine.bootstrap import Engine
from engine.config import load_settings
from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.execution.history import find_order, list_orders, list_rows, load_timeline
from engine.ports import OrderFilter
from engine.store.keys import lease
from engine.store.store import RedisStore
from tests.crash_points.wires import Message, Moment, Wires
from tests.desk import Desk, MessageList, MovableClock
from tests.fork_server import Forked, OwnForkServer
from tests.integration.archive.aging import (
    SYMBOL,
    archive,
    assert_trades_found,
    differences,
    pass_retention,
    trade,
)
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

#: Where a process dies in the quick test: at what removes, and at every so many messages.
REMOVING = ("remove_group", "remove_rows")
STRIDE = 13
SOLD = Decimal("0.06")
#: A run has fewer messages than that.
MOST_MESSAGES = 400


@pytest.fixture(scope="module")
def forks() -> OwnForkServer:
    """Forks processes that have imported all that a run needs."""
    return OwnForkServer([__name__])


@pytest.fixture(scope="module")
def wires(redis_server: RedisServer) -> Iterator[Wires]:
    """A way to Redis on which the messages are counted; nothing is asked of the exchange."""
    counting = Wires(redis_server.port, redis_server.port)
    yield counting
    counting.close()


def run_once(config: str, store_url: str, ahead_ms: int, identity: AccountIdentity) -> None:
    """Move what is over, as a worker of its own does; a fork's main function."""
    settings = load_settings(config, environ={"AUGUSTAN_STORE_URL": store_url})
    clock = MovableClock()
    clock.pass_time(ahead_ms)
    store = RedisStore(settings.state_address())
    engine = Engine(settings, store, MessageList(), clock=clock)
    run(engine.archivist(), "desk", identity)


def run_killed(desk: Desk, forks: OwnForkServer, wires: Wires, number: int) -> bool:
    """Have a process run until its message of that number; False when it ended before."""
    process = forks.process(
        run_once,
        (
            str(desk.config_path),
            f"{wires.store_url}/0",
            desk.clock.ahead_ms,
            desk.context.identity,
        ),
    )
    wires.arm(number, partial(kill, process))
    process.start()
    process.join(60)
    wires.disarm()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def kill(process: Forked, moment: Moment) -> None:
    """End the process; its request is lost with it, or done while its reply reaches nobody."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)


def renew_allowance(desk: Desk) -> None:
    """Let no request wait: many runs go on here in the minute of one."""
    desk.paper.control.set_limits(forget=True)
    client = desk.engine.store.client
    for name in client.read("KEYS", "aug:{budget:*"):
        client.write("DEL", name)


def kill_at(desk: Desk, forks: OwnForkServer, wires: Wires, number: int) -> bool:
    """Kill a run, look at what people see then, and after the next run; False: it was complete."""
    renew_allowance(desk)
    rows = {entry.row.row_id for entry in list_rows(desk.context)}
    placed = [*trade(desk, key=f"killed-{number}"), *trade(desk, side="sell", quantity=SOLD)]
    assert differences(desk) == {}  # Reads the trades, as each hour
    orders = [desk.order(order.client_order_id) for order in placed]
    assert all(order.fills and order.is_settled for order in orders)
    timelines = [load_timeline(desk.context, order.client_order_id) for order in orders]
    pass_retention(desk)

    was_killed = run_killed(desk, forks, wires, number)
    assert_nothing_lost(desk, orders)

    # As when its time is over, which the tests cannot wait for
    desk.engine.store.client.write("DEL", lease(f"archive:{desk.context.identity.slug}"))
    moved = archive(desk)
    assert moved.lost == ()
    assert_nothing_lost(desk, orders)
    assert len(list_rows(desk.context)) == len(rows) + len(
        [fill for order in orders for fill in order.fills]
    )
    assert desk.context.store.list_orders(OrderFilter.RECENT) == ()
    assert desk.context.store.load_rows(SYMBOL) == ()
    assert timelines == [load_timeline(desk.context, order.client_order_id) for order in orders]
    return was_killed


def assert_nothing_lost(desk: Desk, orders: list[Order]) -> None:
    """Each order is there, and once; the trades and balances are the exchange's."""
    assert [find_order(desk.context, order.client_order_id) for order in orders] == orders
    listed = [
        order.client_order_id
        for order in list_orders(desk.context, OrderFilter.RECENT, 10_000, everything=True)
    ]
    assert len(set(listed)) == len(listed) == len(desk.exchange_orders())
    assert_trades_found(desk)


def list_messages(desk: Desk, forks: OwnForkServer, wires: Wires) -> list[Message]:
    """Return the messages of a whole run; the first one of a folder has more of them."""
    for _ in range(2):
        trade(desk, 2)
        assert differences(desk) == {}
        pass_retention(desk)
        assert not run_killed(desk, forks, wires, MOST_MESSAGES)
    return wires.messages


def test_a_run_killed_at_some_messages_loses_nothing(
    desk: Desk, forks: OwnForkServer, wires: Wires
) -> None:
    """Request or reply: the next run goes on, and no order or row is lost or twice."""
    messages = list_messages(desk, forks, wires)
    chosen = [
        message.number
        for message in messages
        if message.what in REMOVING or message.number % STRIDE == 0
    ]

    killed = [kill_at(desk, forks, wires, number) for number in chosen]

    assert all(killed)
    assert len(killed) > 10


@pytest.mark.slow
def test_a_run_killed_at_any_message_loses_nothing(
    desk: Desk, forks: OwnForkServer, wires: Wires
) -> None:
    """Every single message of a run, until one is complete."""
    for number in range(1, MOST_MESSAGES):
        if not kill_at(desk, forks, wires, number):
            assert number > 30
            return
    raise AssertionError("a run never ended")


def test_the_files_are_where_the_process_wrote_them(
    desk: Desk, forks: OwnForkServer, wires: Wires
) -> None:
    """What the process moved is read here: the tests above look at one and the same archive."""
    (order, _) = trade(desk, 2)
    pass_retention(desk)
    assert not run_killed(desk, forks, wires, MOST_MESSAGES)
    archived = desk.context.history.find_order(order.client_order_id)
    assert archived is not None
    assert archived.order == order
    assert any(Path(desk.engine.settings.archive_folder).rglob("orders-*.jsonl"))
