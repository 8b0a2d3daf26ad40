"""What a review of the stream and the looks found: each test is a break that was repaired."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.stream import OrderNews, StreamHealth, StreamMessage
from engine.domain.watched import index_order
from engine.errors import BudgetExhausted, StreamLost
from engine.execution.changes import change_order
from engine.execution.looks import sweep
from engine.execution.looks.targeted import Findings, book_trades
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.execution.test_looks import (
    fill,
    many_markets,
    pass_ticks,
    rebuilt_desk,
    seed,
    still_open,
)
from tests.listening import PATIENCE_S, QUICK, Ear, listener_process
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from tests.waiting import eventually
from workers.listening.connection import Connection

pytestmark = pytest.mark.integration

S = OrderStatus
YEAR_MS = 366 * 86_400_000


@pytest.fixture(scope="module")
def market() -> Iterator[PaperExchange]:
    with many_markets() as paper:
        yield paper


@pytest.fixture
def watcher(tmp_path: Path, redis_server: RedisServer, market: PaperExchange) -> Iterator[Desk]:
    with rebuilt_desk(tmp_path, redis_server, market) as working:
        yield working


@pytest.mark.parametrize("symbols", [1, 30])
def test_ends_are_noticed_while_balances_cannot_be_asked(watcher: Desk, symbols: int) -> None:
    """The question for strangers, or for a hint, must not keep a look from its findings."""
    names = seed(watcher, 30, symbols)
    pass_ticks(watcher, 3)
    watcher.paper.control.answer_status(503, command="account.status", count=None)
    watcher.clock.pass_time(watcher.context.timings.foreign_check_ms)
    symbol = watcher.order(names[3]).terms.symbol.replace("/", "")
    watcher.paper.control.cancel(symbol, client_order_id=names[3])
    fill(watcher, names[4])

    pass_ticks(watcher, 3)

    assert watcher.order(names[3]).status is S.CANCELED
    assert watcher.order(names[4]).is_settled


def test_an_order_after_the_watch_was_over_is_watched_at_once(watcher: Desk) -> None:
    """What the last look of a watch planned was for orders that are gone."""
    first = rest(watcher)
    pass_ticks(watcher, 2)
    fill(watcher, first)
    pass_ticks(watcher, 2)
    assert watcher.order(first).is_settled
    second = rest(watcher)
    pass_ticks(watcher, 1)
    fill(watcher, second, "0.5")

    pass_ticks(watcher, 3)

    assert watcher.order(second).filled_quantity == Decimal("0.5")


def rest(desk: Desk) -> str:
    """Return an order that works on the exchange, and that no poll looks at."""
    name = desk.place("C0/USDT", order_type="limit", quantity=1, price=50).client_order_id
    desk.carry_out(("submit", (desk.account, name)))
    desk.messages.waiting.clear()
    return name


def test_what_balances_pointed_at_outlives_a_look_that_was_refused(watcher: Desk) -> None:
    """Balances ahead of the list are a promise: an empty allowance must not have it forgotten."""
    names = seed(watcher, 30, 30)
    pass_ticks(watcher, 3)
    (order,) = [o for o in watcher.exchange_orders() if names[5] in o["client_order_ids"]]
    fill(watcher, names[5])
    watcher.paper.control.answer_status(
        200, json.dumps([still_open(order)]), command="openOrders.status", symbol="C5USDT"
    )
    pass_ticks(watcher, 1)
    gateway = watcher.context.gateway
    gateway.load_balances = lambda lane: use_up()
    pass_ticks(watcher, 1)
    del gateway.load_balances
    assert watcher.order(names[5]).status is S.ACCEPTED

    pass_ticks(watcher, 1)

    assert watcher.order(names[5]).status is S.FILLED


def use_up() -> NoReturn:
    raise BudgetExhausted("nothing is left", 500)


def test_missing_trades_are_asked_for_only_as_long_as_a_sweep_may_last(watcher: Desk) -> None:
    """With a slow exchange the sweep would outlive its lease, and its task's time limit."""
    names = seed(watcher, 3, 1)
    lacking = [index_order(watcher.order(name)) for name in names]
    asked: list[str] = []
    until_ms = watcher.clock.monotonic_ms() + 60_000

    def ask_slowly(symbol: str, **by: object) -> tuple[Fill, ...]:
        asked.append(symbol)
        watcher.clock.monotonic_ms = lambda: until_ms
        return ()

    watcher.context.gateway.load_fills = ask_slowly
    for name in names:
        report_filled(watcher, name)
    book_trades(watcher.context, Findings(left={}, to_book=lacking), until_ms)

    assert len(asked) == 1


def report_filled(desk: Desk, name: str) -> None:
    """Have the record lack a trade that the exchange reports."""
    change_order(
        desk.context, name, lambda order: replace(order, reported_filled_quantity=Decimal("0.5"))
    )


def test_what_a_wrong_clock_wrote_is_not_waited_for(
    tmp_path: Path, redis_server: RedisServer, market: PaperExchange
) -> None:
    """A machine that booted with next year's date must not keep ends unseen until then."""
    market.control.clear_faults()
    desk = Desk(tmp_path, redis_server.url, market)  # Its store keeps the server's time
    desk.engine.store.client.read("FLUSHALL")
    assert reconcile.reconcile(desk.context) is not None
    desk.clock.pass_time(YEAR_MS)
    names = seed(desk, 2, 1)
    sweep.watch_account(desk.context)
    sweep.watch_account(desk.context)
    assert reconcile.reconcile(desk.context) is not None
    desk.clock.pass_time(-YEAR_MS)
    desk.paper.control.cancel("C0USDT", client_order_id=names[0])

    assert eventually(lambda: sweep.is_sweep_due(desk.engine.store, desk.account))
    sweep.watch_account(desk.context)

    assert desk.order(names[0]).status is S.CANCELED
    now_ms = desk.clock.now_ms()
    assert desk.context.store.load_look(now_ms).value.asked_at_ms <= now_ms
    assert reconcile.reconcile_if_due(desk.context) is not None
    assert reconcile.reconcile_if_due(desk.context) is None
    desk.close()


def test_a_message_that_was_passed_over_ends_the_connection(desk: Desk) -> None:
    """The lease may be ours again a moment later; the message would be missing unnoticed."""
    placed = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    report = desk.context.gateway.find_order(
        "BTC/USDT", client_order_id=placed.client_order_id, lane=Lane.POLL
    )
    assert report is not None
    leads = True

    async def by_hand(act: Callable[[], object]) -> object:
        """Be asleep until the lease is over, and wake up just before it is renewed."""
        nonlocal leads
        leads = False
        try:
            return act()
        finally:
            leads = True

    connection = Connection(
        desk.context,
        OneMessage(OrderNews(report=report, sent_at_ms=0)),
        QUICK,
        answered_doubts=0,
        leads=lambda: leads,
        on_change=lambda: None,
    )

    with pytest.raises(StreamLost):
        asyncio.run(asyncio.wait_for(connection.run(by_hand), 5))


class OneMessage:
    """A stream that brings one message, and stays open."""

    heard_at_ms = 0

    def __init__(self, message: StreamMessage) -> None:
        self._messages = [message]

    async def open(self) -> None:
        return

    async def receive(self) -> StreamMessage:
        if self._messages:
            return self._messages.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        return


def test_a_stream_comes_back_after_a_doubt_and_the_loss_of_the_store(desk: Desk) -> None:
    """An empty store counts doubts and terms from the beginning; the listener must not mind."""
    with Ear(desk) as ear:
        first = ear.await_live()
        desk.context.store.doubt_stream(first.term, "a look saw a fill first")
        eventually(lambda: ear.health.reconnects > first.reconnects, timeout_s=PATIENCE_S)
        ear.await_live()
        desk.engine.store.client.read("FLUSHALL")
        desk.open()

        assert ear.await_live().doubts == 0


def test_exchanges_that_hang_cost_no_other_account_its_leader(desk: Desk) -> None:
    """Every account of a process renews its lease, however many others wait for an answer."""
    deaf = 3 * ((os.cpu_count() or 1) + 4)  # More than Python's own pool of threads has
    with silence() as (url, calls):
        config = json.loads(desk.config_path.read_text())
        for number in range(deaf):
            name, uid = f"deaf{number}", f"{desk.uid}{number}"
            words = {"base_url": url, "api_key": uid, "secret": "secret", "egress": name}
            config["accounts"][name] = words
            desk.engine.store.save_identity(name, replace(desk.context.identity, uid=uid))
        desk.config_path.write_text(json.dumps(config))
        listener = listener_process(desk, "one", AUGUSTAN__STREAM__LEASE_MS="5000")
        listener.start()
        try:
            first = eventually(lambda: live_health(desk), timeout_s=2 * PATIENCE_S)
            eventually(lambda: len(calls) >= 2 * deaf, timeout_s=2 * PATIENCE_S)
            last = eventually(lambda: live_health(desk), timeout_s=PATIENCE_S)
        finally:
            listener.kill()

    assert (last.term, last.reconnects) == (first.term, 0)


def live_health(desk: Desk) -> StreamHealth | None:
    health = desk.context.store.load_stream()
    return health if health.is_live else None


@contextmanager
def silence() -> Iterator[tuple[str, list[socket.socket]]]:
    """Offer a host that takes every connection and says nothing."""
    calls: list[socket.socket] = []

    def take(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                calls.append(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        thread = threading.Thread(target=take, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for call in calls:
        call.close()
