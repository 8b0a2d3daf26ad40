"""Many writers at once: exactly one wins, and a halt is atomic with the claims."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from multiprocessing.connection import Connection
from threading import Barrier
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import ConcurrentChange
from engine.ports import OrderFilter, RecordOutcome
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from tests.builders import build_fill, build_identity, build_order
from tests.integration.store.scenes import (
    SYMBOL,
    build_group,
    claim_form,
    filled,
    open_account,
    record,
    record_claimed,
)
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

WRITERS = 8
ROUNDS = 20
ORDERS_PER_ROUND = 50  # 20 rounds of 50: a thousand claims that race a halt
CLAIMERS = 2


@pytest.fixture
def plain(server: RedisServer, clock: list[int]) -> Iterator[RedisStore]:
    store = RedisStore.from_url(server.url, now_ms=lambda: clock[0])
    yield store
    store.close()


def race(write: Callable[[int], Any]) -> list[Any]:
    """Return what each of the writers got, all started at one moment."""
    line = Barrier(WRITERS)

    def run(number: int) -> Any:
        line.wait(10)
        return write(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_one_of_many_records_of_a_key_wins(plain: RedisStore) -> None:
    """The others get its orders."""
    account = open_account(plain)

    answers = race(lambda number: account.record(build_group(), risk_version=0).outcome)

    assert Counter(answers) == {RecordOutcome.RECORDED: 1, RecordOutcome.EXISTS: WRITERS - 1}


def test_one_of_many_reservations_passes_one_risk_check(plain: RedisStore) -> None:
    """All had checked the same book; all but one check again."""
    account = open_account(plain)

    def write(number: int) -> RecordOutcome:
        group = build_group(build_order(request_key=f"k{number}"))
        return account.record(group, risk_version=0).outcome

    assert Counter(race(write)) == {
        RecordOutcome.RECORDED: 1,
        RecordOutcome.RISK_CHANGED: WRITERS - 1,
    }


def test_one_of_many_claims_wins(plain: RedisStore) -> None:
    """Its nonce is the one in the record."""
    account = open_account(plain)
    order = record(account)

    answers = race(lambda number: account.claim(1, claim_form(order, f"n{number}")))

    winner = answers.index("claimed")
    assert Counter(answers) == {"claimed": 1, "lost": WRITERS - 1}
    assert account.load_order(order.client_order_id).value.nonce == f"n{winner}"


def test_one_of_many_commits_wins(plain: RedisStore) -> None:
    """A loser's fills are not booked."""
    account = open_account(plain)
    stored = record_claimed(account)

    def write(number: int) -> bool:
        fill = build_fill(trade_id=str(number))
        changed = filled(stored.value, status=OrderStatus.PARTIALLY_FILLED)
        try:
            account.commit(2, replace(changed, fills=(fill,)))
        except ConcurrentChange:
            return False
        return True

    answers = race(write)

    assert answers.count(True) == 1
    assert [row.trade_id for row in account.load_rows(SYMBOL)] == [str(answers.index(True))]


def test_many_bookers_of_the_same_rows_book_each_once(plain: RedisStore) -> None:
    """However many see a foreign trade, it is one row and one of them has it new."""
    account = open_account(plain)
    rows = [build_fill(trade_id=str(number)) for number in range(20)]

    booked = race(lambda number: account.append_rows(rows[number:] + rows[:number]))

    assert sum(booked) == len(rows)
    assert {row.row_id for row in account.load_rows(SYMBOL)} == {row.row_id for row in rows}
    assert account.load_cursors() == {SYMBOL: len(rows)}


def test_due_work_is_shared_out_without_overlap(plain: RedisStore) -> None:
    """Each order goes to exactly one sweeper."""
    account = open_account(plain)
    names = [
        record(account, build_order(request_key=f"k{number}")).client_order_id
        for number in range(40)
    ]

    taken = race(lambda number: [due.client_order_id for due in account.claim_due(60_000, 7)])

    assert sorted(chain.from_iterable(taken)) == sorted(names)


def claim_on_demand(url: str, now_ms: int, wire: Connection) -> None:
    """Claim every order that is sent, one after the other; answer which were claimed."""
    store = RedisStore.from_url(url, now_ms=lambda: now_ms)
    while True:
        orders: list[Order] = wire.recv()
        if not orders:
            return
        account = store.account(orders[0].identity)
        wire.send(
            [
                order.client_order_id
                for order in orders
                if account.claim(1, claim_form(order)) == "claimed"
            ]
        )


@pytest.fixture
def claimers(server: RedisServer, clock: list[int]) -> Iterator[list[Connection]]:
    """Wires to processes that claim what is sent to them."""
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in range(CLAIMERS)]
    processes = [
        spawn.Process(target=claim_on_demand, args=(server.url, clock[0], far_end))
        for _, far_end in pipes
    ]
    for process in processes:
        process.start()
    yield [wire for wire, _ in pipes]
    for (wire, _), process in zip(pipes, processes, strict=True):
        wire.send([])
        process.join(10)


def record_round(account: RedisAccountStore) -> list[Order]:
    orders = [
        build_order(request_key=f"k{number}", identity=account.identity)
        for number in range(ORDERS_PER_ROUND)
    ]
    record(account, *orders, reservations=())
    return orders


def test_no_order_is_claimed_after_halt_has_answered(
    plain: RedisStore, claimers: list[Connection]
) -> None:
    """What is in flight when halt answers is all that ever will be: 1,000 claims, two processes."""
    were_cut = 0
    for number in range(ROUNDS):
        account = open_account(plain, build_identity(uid=str(number)))
        orders = record_round(account)
        for offset, wire in enumerate(claimers):
            wire.send(orders[offset::CLAIMERS])
        # Halting at another moment in each round: after so many looks
        for _ in range(number * 2):
            account.load_state()
        account.set_trading_state(TradingState.HALTED, "")
        in_flight = {order.client_order_id for order in account.list_orders(OrderFilter.IN_DOUBT)}
        claimed = {name for wire in claimers for name in wire.recv()}
        assert claimed == in_flight
        were_cut += 0 < len(claimed) < ORDERS_PER_ROUND

    assert were_cut, "no halt came between two claims: the test showed nothing"
