"""Orders that left: found, never placed again, gone from Redis, and safe from every crash."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from ulid import ULID

from engine.archive import moving
from engine.archive.run import run
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.position import empty_position, fold
from engine.errors import ArchiveUnreadable, KeyConflict, StoreUnclear
from engine.execution.booking.fills import book_fills
from engine.execution.booking.late_rows import book_lost_rows
from engine.execution.history import (
    find_order,
    list_fills,
    list_orders,
    list_rows,
    list_signals,
    load_timeline,
)
from engine.order_manager import OrderManager, OrderRequest
from engine.ports import OrderFilter
from engine.signal_processor import LiveSignalProcessor, Signal, SignalType
from engine.store.account import RedisAccountStore
from engine.store.keys import signal
from tasks import archive as task
from tests.desk import Desk
from tests.integration.archive.aging import (
    LATER_MS,
    SYMBOL,
    archive,
    archivist,
    differences,
    pass_retention,
    trade,
)

pytestmark = pytest.mark.integration


def names(desk: Desk) -> set[str]:
    """Return the keys of the account, without what expires by itself."""
    client = desk.engine.store.client
    found = client.read("KEYS", f"*{desk.context.identity.uid}*")
    return {name for name in found if client.read("PTTL", name) == -1}


def weigh(desk: Desk) -> Counter[str]:
    """Return the bytes of each key of the account in Redis.

    Without what has a bound of its own: the event stream, the last writers of a position and of
    the portfolio, the orders of the last minute, and the equity of each minute, hour and day.
    """
    client = desk.engine.store.client
    bounded = [":events", ":portfolio", f":position:{SYMBOL}", ":orders:paced"]
    bounded += [f":equity:{resolution}" for resolution in ("minute", "hour", "day")]
    return Counter(
        {
            name: client.read("MEMORY", "USAGE", name, "SAMPLES", 0)
            for name in names(desk)
            if not name.endswith(tuple(bounded))
        }
    )


def test_what_left_is_found_everywhere(desk: Desk) -> None:
    """Status, list, timeline and fills answer as before."""
    (order,) = trade(desk, key="mine")
    timeline = load_timeline(desk.context, order.client_order_id)
    fills = list_fills(desk.context, SYMBOL, 10)
    rows = list_rows(desk.context)
    assert timeline
    assert fills
    pass_retention(desk)

    moved = archive(desk)

    assert (moved.orders, moved.rows) == (1, len(rows))
    assert desk.context.store.find_order(order.client_order_id) is None
    assert find_order(desk.context, order.client_order_id) == order
    assert load_timeline(desk.context, order.client_order_id) == timeline
    assert list_fills(desk.context, SYMBOL, 10) == fills
    assert list_rows(desk.context) == rows
    assert list_orders(desk.context, OrderFilter.RECENT, 10) == ()
    assert list_orders(desk.context, OrderFilter.RECENT, 10, everything=True) == (order,)
    manager = OrderManager(engine=desk.engine)
    assert manager.get_order_status(order.client_order_id).status == "filled"
    assert manager.cancel_order(order.client_order_id).status == "filled"
    assert [
        desk.context.history.search_orders(word)
        for word in (order.client_order_id[:9], order.exchange_order_id)
    ] == [[order], [order]]


@pytest.mark.parametrize("is_ulid", [False, True])
def test_a_key_of_long_ago_places_nothing(desk: Desk, is_ulid: bool) -> None:
    """The same id after years is the same order; another wish under it is a conflict."""
    key = str(ULID.from_timestamp(desk.clock.now_ms())) if is_ulid else "mine"
    (order,) = trade(desk, key=key)
    pass_retention(desk)
    assert desk.place(quantity=Decimal("0.1"), key=key) == order  # Its record expired, no more
    archive(desk)
    held = desk.exchange_orders()

    again = desk.place(quantity=Decimal("0.1"), key=key)
    desk.deliver()

    assert again == order
    with pytest.raises(KeyConflict):
        desk.place(quantity=Decimal("0.2"), key=key)
    assert desk.exchange_orders() == held


def test_without_the_files_a_spent_key_is_refused_and_a_new_one_placed(desk: Desk) -> None:
    """Where the archive cannot be read nothing is placed that it may know."""
    (order,) = trade(desk, key="mine")
    pass_retention(desk)
    archive(desk)
    shutil.rmtree(desk.engine.settings.archive_folder)
    desk.restart_engine()

    with pytest.raises(ArchiveUnreadable):
        desk.place(quantity=Decimal("0.1"), key="mine")
    with pytest.raises(ArchiveUnreadable):
        find_order(desk.context, order.client_order_id)
    assert desk.place(quantity=Decimal("0.1"), key="another").request_key == "another"
    with pytest.raises(ArchiveUnreadable):
        archive(desk)


def test_memory_does_not_grow_with_what_left(desk: Desk) -> None:
    """Forty orders later the account weighs what it weighed: nothing stays of an order."""
    for number in range(4):
        trade(desk, key=f"first-{number}")
    pass_retention(desk)
    archive(desk)
    before, weight = names(desk), weigh(desk)

    for number in range(20):
        trade(desk, key=f"second-{number}")
    trade(desk, 20)
    assert weigh(desk).total() > weight.total() + 40_000
    pass_retention(desk)
    assert archive(desk).orders == 40

    assert names(desk) == before
    assert weigh(desk).total() < weight.total() + 1_000, weigh(desk) - weight


def test_what_is_not_over_stays(desk: Desk) -> None:
    """Open orders and young ones."""
    (resting,) = trade(desk, order_type="limit", price=Decimal(50))
    pass_retention(desk)
    (young,) = trade(desk)

    assert archive(desk).orders == 0
    assert {
        order.client_order_id for order in desk.context.store.list_orders(OrderFilter.RECENT)
    } == {
        resting.client_order_id,
        young.client_order_id,
    }


def test_the_ledger_still_equals_the_exchange(desk: Desk) -> None:
    """Balances and position, to the last digit, after rows left and with new trades."""
    trade(desk, 3)
    whole = [entry.row for entry in list_rows(desk.context)]
    pass_retention(desk)
    archive(desk)
    assert differences(desk) == {}

    trade(desk, 2, side="sell")

    assert differences(desk) == {}
    position = desk.context.store.find_position(SYMBOL)
    assert position is not None
    rows = [entry.row for entry in list_rows(desk.context) if entry.row.symbol == SYMBOL]
    assert len(rows) > len(whole) - 1
    assert position.value == fold(empty_position("desk", SYMBOL), rows)


def test_an_old_trade_that_comes_again_changes_nothing(desk: Desk) -> None:
    """From REST, from a stream, with a false time: the archive tells that it was booked."""
    trade(desk, 2)
    fills = list_fills(desk.context, SYMBOL, 10)
    pass_retention(desk)
    archive(desk)
    position = desk.context.store.find_position(SYMBOL)

    lying = [replace(fill, executed_at_ms=desk.clock.now_ms()) for fill in fills]
    book_fills(desk.context, SYMBOL, [*fills, *lying], Lane.POLL)
    desk.deliver()
    moved = archive(desk)

    assert (moved.doubts, moved.lost) == (len(fills), ())
    assert desk.context.store.list_doubted(10) == ()
    assert desk.context.store.find_position(SYMBOL) == position
    assert differences(desk) == {}


def test_a_fill_that_was_lost_for_years_is_booked_and_told(desk: Desk) -> None:
    """It belongs before all that left, and is not in the archive: booked once, with an alarm."""
    trade(desk, 2)
    known = list_fills(desk.context, SYMBOL, 10)
    pass_retention(desk)
    archive(desk)
    before = desk.context.store.find_position(SYMBOL)
    assert before is not None
    lost = replace(known[-1], trade_id="0", exchange_order_id="999", client_order_id=None)

    desk.context.store.append_rows([lost])
    for _ in range(2):
        book_lost_rows(desk.context, archive(desk).lost)
        desk.deliver()

    after = desk.context.store.find_position(SYMBOL)
    assert after is not None
    assert after.value.net_quantity == before.value.net_quantity + lost.quantity - lost.fee
    told = [event.message for event in desk.context.store.read_events("0") if event.kind == "alarm"]
    assert sum("had never been booked" in message for message in told) == 1


class CrashError(Exception):
    """The process died here."""


@pytest.mark.parametrize("method", ["remove_group", "remove_rows"])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_crash_between_file_and_store_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, is_after: bool
) -> None:
    """Before or after the removal: the next run goes on, and every record is read once."""
    orders = trade(desk, 3, key="")
    rows = list_rows(desk.context)
    pass_retention(desk)
    real = getattr(RedisAccountStore, method)

    def crash(self: RedisAccountStore, *args: Any, **more: Any) -> bool:
        if is_after:
            real(self, *args, **more)
        raise CrashError

    with monkeypatch.context() as broken:
        broken.setattr(RedisAccountStore, method, crash)
        with pytest.raises(CrashError):
            archive(desk)
    assert list_rows(desk.context) == rows
    archive(desk)

    listed = list_orders(desk.context, OrderFilter.RECENT, 10, everything=True)
    assert {order.client_order_id for order in listed} == {one.client_order_id for one in orders}
    assert len(listed) == 3
    assert list_rows(desk.context) == rows
    assert desk.context.store.list_orders(OrderFilter.RECENT) == ()
    assert differences(desk) == {}


def test_a_lost_reply_to_a_removal_is_no_loss(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether the group left: the next run sees."""
    trade(desk)
    pass_retention(desk)
    real = RedisAccountStore.remove_group

    def lose(self: RedisAccountStore, *args: object) -> bool:
        real(self, *args)
        raise StoreUnclear

    with monkeypatch.context() as broken:
        broken.setattr(RedisAccountStore, "remove_group", lose)
        with pytest.raises(StoreUnclear):
            archive(desk)

    archive(desk)
    assert len(list_orders(desk.context, OrderFilter.RECENT, 10, everything=True)) == 1


def test_a_lost_store_knows_spent_keys_again(desk: Desk) -> None:
    """The archive outlives Redis: after its next run a key that left places nothing."""
    (order,) = trade(desk, key="mine")
    pass_retention(desk)
    archive(desk)
    desk.engine.store.client.write("FLUSHALL")
    desk.open()
    desk.clock.pass_time(LATER_MS)
    archive(desk)

    assert desk.place(quantity=Decimal("0.1"), key="mine") == order


def test_the_task_moves_and_then_rests(desk: Desk) -> None:
    """It is not due again before its interval, unless a doubt waits for its word."""
    trade(desk, 2)
    fills = list_fills(desk.context, SYMBOL, 10)
    pass_retention(desk)

    assert task.archive(desk.engine, "desk") == "2 orders, 3 rows, 0 signals"
    assert task.archive(desk.engine, "desk") == "not due"
    desk.context.store.append_rows(fills)
    assert task.archive(desk.engine, "desk") == "0 orders, 0 rows, 0 signals"
    assert desk.context.store.list_doubted(10) == ()


def test_a_worker_on_the_wrong_machine_alarms_once(desk: Desk) -> None:
    """The account's archive is in another folder: nothing leaves, and a person is told."""
    trade(desk)
    desk.context.store.bind_archive("somewhere-else")
    pass_retention(desk)

    assert [task.archive(desk.engine, "desk") for _ in range(2)] == ["cannot work"] * 2

    assert len(desk.context.store.list_orders(OrderFilter.RECENT)) == 1
    told = [event.message for event in desk.context.store.read_events("0") if event.kind == "alarm"]
    assert sum("the archive does not work" in message for message in told) == 1


def test_signals_that_are_over_are_copied(desk: Desk) -> None:
    """Each once, and still found with both sides asked, before and after its record expires."""
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(
        Signal(symbol=SYMBOL, signal_type=SignalType.LONG, key="s1")
    )
    desk.deliver().sweep()
    before = list_signals(desk.context)
    assert [record.signal.key for record in before] == ["s1"]

    assert archive(desk).signals == 1
    assert archive(desk).signals == 0
    desk.engine.store.client.write("DEL", signal(receipt.signal_id))

    assert list_signals(desk.context) == before


def test_many_leave_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index larger than a page is worked off, groups whole, what must stay passed over."""
    monkeypatch.setattr(moving, "PAGE", 6)
    monkeypatch.setattr(moving, "OVERLAP", 2)
    trade(desk, 2, order_type="limit", price=Decimal(50))
    trade(desk, 9)
    pass_retention(desk)

    assert archive(desk).orders == 9
    assert len(desk.context.store.list_orders(OrderFilter.RECENT)) == 2


def test_a_run_moves_no_more_than_its_batch(desk: Desk) -> None:
    """The rest follows with the next run, without waiting for the interval."""
    trade(desk, 5)
    pass_retention(desk)
    settings = desk.engine.settings.archive.model_copy(update={"batch": 2})
    small = replace(archivist(desk), settings=settings)

    runs = [run(small, "desk", desk.context.identity) for _ in range(3)]

    assert [moved.orders for moved in runs if moved] == [2, 2, 1]


def test_requests_of_python_find_what_left(desk: Desk) -> None:
    """A repeated request of the API returns the order of then, whole."""
    request = OrderRequest(symbol="BTCUSDT", side="buy", quantity=0.1, key="mine")
    manager = OrderManager(engine=desk.engine)
    first = manager.place_order(request, wait=False)
    desk.deliver().sweep()
    pass_retention(desk)
    archive(desk)

    again = manager.place_order(request)

    assert (again.order_id, again.status) == (first.order_id, "filled")
    assert isinstance(find_order(desk.context, first.order_id).fills[0], Fill)
