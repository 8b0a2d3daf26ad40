"""Whatever happens, the books of the exchange add up."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings

from tests.unit.paper_exchange.worlds import FIRST, STEPS, UIDS, FixedClock, apply, venue
from workers.paper_exchange.control.ledger_report import ledger_report
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.ledger import Ledger
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.settlement import amount_to_lock
from workers.paper_exchange.spot.symbols import CATALOG
from workers.paper_exchange.spot.venue import Venue
from workers.paper_exchange.storage import FILE_NAME, SqliteStorage

ZERO = Decimal(0)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_balances_are_the_first_ones_and_the_executions(steps):
    """Each balance is what it began with, plus and minus every execution and fee, to the digit."""
    world = venue()
    apply(world, steps)
    expected = {uid: defaultdict(Decimal, FIRST) for uid in UIDS}
    for rows in world.ledger.executions.values():
        for row in rows:
            sign = 1 if row.side == "BUY" else -1
            expected[row.uid]["BTC"] += sign * row.quantity
            expected[row.uid]["USDT"] -= sign * row.price * row.quantity
            expected[row.uid][row.fee_asset] -= row.fee
    for uid in UIDS:
        balances = world.ledger.accounts[uid].balances
        assert {a: b.total for a, b in balances.items()} == dict(expected[uid])
        assert all(b.free >= 0 and b.locked >= 0 for b in balances.values())


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_what_is_locked_is_what_open_orders_need(steps):
    """Locked is the sum over open orders, and each locks exactly what it may still give."""
    world = venue()
    apply(world, steps)
    locked = defaultdict(Decimal)
    for order in world.ledger.orders():
        if order.is_open:
            assert order.locked == amount_to_lock(order)
            locked[order.uid, "USDT" if order.side == "BUY" else "BTC"] += order.locked
        else:
            assert order.locked == 0
    for uid in UIDS:
        for asset, balance in world.ledger.accounts[uid].balances.items():
            assert balance.locked == locked[uid, asset]


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_orders_are_the_sums_of_their_executions(steps):
    """Filled quantity and quote are sums, a full order is FILLED, and the book is never crossed."""
    world = venue()
    apply(world, steps)
    for order in world.ledger.orders():
        rows = world.ledger.executions_of.get(order.key, [])
        assert order.filled_quantity == sum((r.quantity for r in rows), ZERO)
        assert order.filled_quote == sum((r.quote_quantity for r in rows), ZERO)
        assert order.filled_quantity <= order.quantity
        assert (order.status == "FILLED") == bool(rows and order.filled_quantity == order.quantity)
    book = world.markets["BTCUSDT"].book
    bid, ask = book.bids.best(), book.asks.best()
    assert bid is None or ask is None or bid < ask


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_the_same_steps_give_the_same_ledger(steps):
    """Two exchanges of one seed agree after the same steps at the same times."""
    first, second = venue(7), venue(7)
    apply(first, steps)
    apply(second, steps)
    assert ledger_report(first) == ledger_report(second)


def test_a_loaded_ledger_is_the_saved_one(tmp_path):
    """What was committed is read back whole, the market's position and its dice included."""
    world = venue(3)
    storage = SqliteStorage(tmp_path)
    world.ledger._storage = storage
    for uid in UIDS:  # Opened before there was a storage
        world.ledger.put_account(world.ledger.accounts[uid])
        for asset, balance in world.ledger.accounts[uid].balances.items():
            world.ledger.set_balance(uid, asset, balance, world.clock())
    apply(world, [("tick", 0, 0)] * 5)
    world.desk.place(1, _limit())
    world.commit()
    storage.close()
    copy = venue(3)
    copy.ledger.accounts.clear()
    with closing(SqliteStorage(tmp_path)) as again:
        again.load(copy.ledger)
    copy.resume()
    assert ledger_report(copy) == ledger_report(world)
    world.tick()
    copy.tick()
    assert copy.markets["BTCUSDT"].tape.last_price == world.markets["BTCUSDT"].tape.last_price
    storage.close()


def _limit():
    return OrderRequest(
        symbol="BTCUSDT",
        side="BUY",
        order_type="LIMIT",
        quantity=Decimal("0.01"),
        price=Decimal(50_000),
        client_order_id="kept",
        strategy=(("strategyId", 5),),
    )


def test_a_log_cut_anywhere_is_whole_requests(tmp_path):
    """However much of the log's end is lost, what is left is a ledger between two requests."""
    folder = tmp_path / "whole"
    storage = SqliteStorage(folder)
    world = Venue([CATALOG["BTC/USDT"]], seed=1, clock=FixedClock(), storage=storage)
    world.open_account(ApiKey(key="key", secret="s", uid=1), dict(FIRST))
    world.commit()
    for number in range(6):
        world.desk.place(1, replace(_limit(), client_order_id=f"cut{number}"))
        world.commit()
    counts = set()
    log = next(folder.glob("*-wal")).read_bytes()
    for cut in range(0, len(log), 1500):
        counts.add(_check_cut(tmp_path / str(cut), folder, log[: len(log) - cut]))
    storage.close()
    assert counts >= set(range(1, 7))


def _check_cut(copy, folder, log):
    """Load a ledger whose log was cut; return how many orders it still has."""
    copy.mkdir()
    (copy / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
    (copy / f"{FILE_NAME}-wal").write_bytes(log)
    storage, ledger = SqliteStorage(copy), Ledger()
    storage.load(ledger)
    storage.close()
    orders = list(ledger.orders())
    assert [o.order_id for o in orders] == list(range(1, len(orders) + 1))
    assert ledger.counters["BTCUSDT", "order"] == len(orders)
    locked = sum((o.locked for o in orders), ZERO)
    assert not orders or ledger.accounts[1].balances["USDT"].locked == locked
    return len(orders)
