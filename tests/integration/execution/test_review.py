"""Attacks on the guarantees that once worked: each of these broke the engine before its repair."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import redis
from pydantic import SecretStr

from engine.bootstrap import Engine
from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.unknown import Rebuilt
from engine.errors import IdentityConflict, InvalidRequest
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.snapshot import find_differences, take_snapshot
from engine.execution.doubt import resolution, settling
from engine.execution.ending.cancellation import request_cancel
from engine.execution.looks import sweep, watching
from engine.execution.placing import submission
from engine.execution.reconciling import reconcile
from engine.execution.stopping.trading import halt
from engine.order_request import OrderRequest
from engine.store.store import RedisStore
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange, assert_trades_equal
from tests.redis_server import RedisServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus
LIMIT = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind == "alarm"]


def lose_the_claim(desk: Desk, server: RedisServer, order: Order) -> None:
    """Send the order; then let the store wake up in another life without the writes of that."""
    lose_writes(desk, server, lambda: submission.submit_order(desk.context, order.client_order_id))


def lose_writes(desk: Desk, server: RedisServer, act: Callable[[], object]) -> None:
    """Do something; then let the store wake up in another life without the writes of that."""
    with server.client() as plain:
        raw = redis.Redis(port=server.port)
        saved = {name: raw.dump(name) for name in raw.scan_iter()}
        act()
        raw.flushall()
        for name, value in saved.items():
            raw.restore(name, 0, value)
        raw.close()
        (account,) = plain.keys("*:account")
        plain.hset(account, "run_id", "the life before")
    desk.messages.waiting.clear()


def change_key(desk: Desk, api_key: str) -> None:
    """Start anew with another key under the account's old name."""
    settings = desk.engine.settings
    changed = {
        name: account.model_copy(update={"api_key": SecretStr(api_key)})
        for name, account in settings.accounts.items()
    }
    store = RedisStore(settings.state_address())
    desk.engine.close()
    desk.engine = Engine(
        settings.model_copy(update={"accounts": changed}), store, desk.messages, clock=desk.clock
    )


@pytest.mark.parametrize("attack", ["too late", "cancelled", "halted"])
def test_an_order_whose_claim_was_lost_is_never_called_unsent(
    desk: Desk, redis_server: RedisServer, attack: str
) -> None:
    """Until the store's new life is reconciled, an order that looks unsent may be working."""
    order = desk.place(**LIMIT)
    lose_the_claim(desk, redis_server, order)
    assert desk.order(order.client_order_id).status is S.INITIALIZED
    if attack == "too late":
        desk.clock.pass_time(31_000)
        submission.submit_order(desk.context, order.client_order_id)
    if attack == "cancelled":
        request_cancel(desk.context, order.client_order_id)
        desk.carry_out(desk.messages.waiting.popleft())
    if attack == "halted":
        assert [one.client_order_id for one in halt(desk.context, "a test")] == [
            order.client_order_id
        ], "it may be on its way"
    assert desk.order(order.client_order_id).status is S.INITIALIZED
    reconcile.reconcile(desk.context)
    found = desk.deliver().order(order.client_order_id)
    assert found.status is (S.CANCELED if attack == "cancelled" else S.ACCEPTED)
    assert not found.contradicted
    assert_equal_to_exchange(desk)


def test_an_order_that_ended_among_the_lost_writes_is_taken_in(
    desk: Desk, redis_server: RedisServer
) -> None:
    """It is in no list of open orders, and without a trade: nothing else would show it."""
    desk.place(**LIMIT)  # The account follows the symbol
    desk.deliver()
    ended = []

    def place() -> None:
        ended.append(desk.place(key="ended", time_in_force="IOC", **LIMIT))
        desk.deliver()

    lose_writes(desk, redis_server, place)
    assert desk.exchange_orders()[-1]["status"] == "EXPIRED"
    assert desk.context.store.find_order(ended[0].client_order_id) is None
    reconcile.reconcile(desk.context)
    assert desk.order(ended[0].client_order_id).status is S.EXPIRED
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("begun", ["rebuild", "reconcile"])
def test_a_store_lost_during_a_reconcile_is_not_called_open(desk: Desk, begun: str) -> None:
    """What finishes must have been there all the time: else the rest was never rebuilt."""
    desk.place(**LIMIT)
    desk.deliver()
    client = desk.engine.store.client
    life = desk.context.store.load_state().life
    opened_ms = desk.context.store.load_state().opened_at_ms
    lost = Rebuilt(opened_at_ms=opened_ms, history_from_ms=0, lost_by_ms=opened_ms)
    client.read("FLUSHALL")  # While one that began as `begun` was at work
    assert not desk.context.store.finish_reconcile(life, now_ms=desk.clock.now_ms(), lost=lost)
    assert not desk.context.store.load_state().is_opened
    reconcile.reconcile(desk.context)
    assert_equal_to_exchange(desk)


def test_a_key_older_than_the_rebuild_books_no_trade_twice(desk: Desk) -> None:
    """Trades that the opening includes already are not added to it when their order is found."""
    first = desk.place(key="mine", quantity=1)
    desk.deliver()
    assert desk.order(first.client_order_id).status is S.FILLED
    held = desk.exchange_totals()["BTC"]
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.context.timings.__dict__["trade_lookback_ms"] = 1
    desk.open()
    again = desk.place(key="mine", quantity=1)
    assert again.client_order_id == first.client_order_id
    desk.deliver().sweep()
    assert desk.order(first.client_order_id).filled_quantity == 1
    position = desk.position()
    assert position is not None
    assert position.net_quantity == held
    assert_equal_to_exchange(desk)


def round_trip_elsewhere(desk: Desk) -> None:
    """Trade by hand in a market that we do not follow, and hold nothing of it afterwards."""
    for side in ("BUY", "SELL"):
        words = {"symbol": "ETHUSDT", "side": side, "type": "MARKET", "quantity": "1"}
        desk.paper.control.place(words, key=desk.key)


def test_trades_from_before_the_opening_are_not_added_to_it(desk: Desk) -> None:
    """The first order in a market brings no trades that the opening balances had in them."""
    desk.paper.control.set_account(desk.uid, taker_rate="0")
    round_trip_elsewhere(desk)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.place("ETH/USDT", quantity=1)
    desk.deliver()
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}


def test_a_foreign_trade_in_a_market_we_do_not_follow_is_booked_as_a_trade(desk: Desk) -> None:
    """Coins that appear are looked for in their market before anybody calls them unexplained."""
    words = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.paper.control.place(words, key=desk.key)
    for _ in range(3):
        reconcile.reconcile(desk.context)
        desk.clock.pass_time(60_000)
    desk.deliver()
    assert alarms(desk) == []
    position = desk.position("ETH/USDT")
    assert position is not None
    assert position.net_quantity == desk.exchange_totals()["ETH"]
    assert position.entry_price is not None


def test_a_difference_that_went_away_is_new_when_it_comes_back(desk: Desk) -> None:
    """What was seen an hour ago and explained since does not make the next one last."""
    desk.paper.control.deposit("BTC", "0.5", uid=desk.uid)
    reconcile.reconcile(desk.context)
    desk.paper.control.withdraw("BTC", "0.5", uid=desk.uid)
    reconcile.reconcile(desk.context)
    desk.clock.pass_time(600_000)
    desk.paper.control.deposit("BTC", "0.5", uid=desk.uid)
    reconcile.reconcile(desk.context)
    assert alarms(desk) == [], "it may be a trade that shows up late"


def test_an_order_that_the_exchange_refuses_to_speak_of_holds_nobody_up(desk: Desk) -> None:
    """One order of a market that is gone must not keep the whole account from trading."""
    desk.place("ETH/USDT", order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    (gone,) = desk.exchange_orders()
    desk.paper.control.cancel("ETHUSDT", order_id=gone["order_id"])
    body = '{"code":-1121,"msg":"Invalid symbol."}'
    desk.paper.control.answer_status(400, body, command="order.status", count=None)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_finished
    assert any("ETH/USDT" in message for message in alarms(desk))


def test_an_exchange_order_is_only_one_of_ours(desk: Desk) -> None:
    """A person cannot settle a doubt with the order that another one of ours is."""
    first = desk.place(**LIMIT)
    desk.deliver()
    second = desk.place(**LIMIT)
    rule = {"effect": False, "answer": "drop"}
    desk.paper.control.add_fault(method="POST", path="/api/v3/order", **rule)
    submission.submit_order(desk.context, second.client_order_id)
    theirs = desk.order(first.client_order_id).exchange_order_id
    assert theirs is not None
    with pytest.raises(InvalidRequest, match=first.client_order_id):
        settling.settle_as(desk.context, second.client_order_id, theirs, "a person")
    assert desk.order(second.client_order_id).is_in_doubt


def test_a_forgotten_order_does_not_silence_the_callbacks(desk: Desk) -> None:
    """An event of an order that a lost store forgot is passed over; the next fill is told."""
    told: list[str] = []
    manager = desk.orders
    manager.add_fill_callback(lambda order_id, result: told.append(order_id))
    manager.start_order_monitoring()
    ghost = desk.context.tell(EventKind.ORDER_FILLED, "", client_order_id="auga1forgotten")
    desk.context.store.emit([ghost])
    order = desk.place(quantity=1)
    desk.deliver()
    eventually(lambda: order.client_order_id in told)
    manager.stop_order_monitoring()


def test_a_key_of_another_account_places_and_books_nothing(desk: Desk) -> None:
    """Whoever changes the key under a known name is refused before anything is asked or sent."""
    order = desk.place(**LIMIT)
    other = desk.uid + 1_000_000
    desk.paper.control.open_account("anotherkey", "secret", other, {"USDT": 1_000})
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.paper.control.place(words, key="anotherkey")
    rows = desk.context.store.load_cursors()
    change_key(desk, "anotherkey")
    for attack in (
        lambda: submission.submit_order(desk.context, order.client_order_id),
        lambda: desk.place(quantity=1),
        lambda: book_symbol_fills(desk.context, "BTC/USDT", Lane.POLL),
        lambda: reconcile.reconcile(desk.context),
    ):
        with pytest.raises(IdentityConflict, match=str(other)):
            attack()
    (foreign,) = [found for found in desk.paper.control.orders() if found["uid"] == other]
    assert not foreign["client_order_id"].startswith("aug")
    assert desk.context.store.load_cursors() == rows
    assert any(str(other) in message for message in alarms(desk))


def test_a_group_asks_for_the_account_once(desk: Desk) -> None:
    """Ten legs, and every try of a race, are compared with one look at balances and prices."""
    desk.place(quantity=1)
    desk.deliver()
    desk.context.gateway.forget_balances()
    desk.paper.control.clear_stats()
    request = OrderRequest(symbol="BTC/USDT", side="buy", account="desk", **LIMIT)
    desk.orders.place_orders([request] * 10, wait=False)
    asked = desk.paper.control.stats()["requests"]
    assert asked.pop("GET /api/v3/ticker/24hr", 1) == 1
    assert asked == {"GET /api/v3/account": 1}


def test_an_order_long_in_doubt_is_asked_for_more_rarely(
    desk: Desk, redis_server: RedisServer
) -> None:
    """While nobody can tell, the messages about it do not pile up."""
    order = desk.place(quantity=1)
    desk.paper.control.add_fault(method="POST", path="/api/v3/order", answer="drop")
    submission.submit_order(desk.context, order.client_order_id)
    desk.clock.pass_time(300_000)
    with redis_server.client() as plain:
        (due,) = plain.keys("*:due")
        plain.zadd(due, {order.client_order_id: 0})
        assert sweep.watch_due_orders(desk.context) == 1
        next_look_ms = plain.zscore(due, order.client_order_id)
        assert isinstance(next_look_ms, float)
        seconds, _ = plain.time()
    assert next_look_ms - seconds * 1_000 > 25_000


def test_a_stranger_on_the_account_is_asked_about_once(desk: Desk) -> None:
    """Else a rebuild beside a busy stranger spends its allowance on the same orders for ever."""
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
    for _ in range(3):
        desk.paper.control.place(words, key=desk.key)
    book_symbol_fills(desk.context, "BTC/USDT", Lane.POLL)
    desk.context.store.reset_trade_cursor("BTC/USDT", "0")  # As if the try had been cut off
    desk.paper.control.clear_stats()
    book_symbol_fills(desk.context, "BTC/USDT", Lane.POLL)
    assert "GET /api/v3/order" not in desk.paper.control.stats()["requests"]
    desk.deliver()
    assert_trades_equal(desk)


def test_a_person_is_told_at_once_of_a_doubt_that_only_they_can_end(desk: Desk) -> None:
    """However often it was looked for before its window had passed."""
    order = desk.place(**LIMIT)
    desk.paper.control.add_fault(method="POST", path="/api/v3/order", answer="drop")
    submission.submit_order(desk.context, order.client_order_id)
    desk.paper.control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).absences == 1
    desk.paper.control.set_clock(120_000)
    for _ in range(3):
        resolution.resolve_order(desk.context, order.client_order_id)
    (told,) = alarms(desk)
    assert "order settle" in told


def test_an_order_that_the_exchange_forgot_can_be_ended_by_a_person(desk: Desk) -> None:
    """It is never called dead by itself, and it is not alive for ever either."""
    order = desk.place(**LIMIT)
    desk.deliver()
    desk.paper.control.cancel("BTCUSDT", client_order_id=order.client_order_id)
    body = '{"code":-2013,"msg":"Order does not exist."}'
    desk.paper.control.answer_status(400, body, command="order.status", count=None)
    with pytest.raises(InvalidRequest):
        settling.settle_not_placed(desk.context, order.client_order_id, "a person")
    for _ in range(watching.ABSENCES_TO_ALARM + 1):
        desk.clock.pass_time(1_000)
        desk.sweep()
    assert desk.order(order.client_order_id).status is S.ACCEPTED
    assert any("settle" in message for message in alarms(desk))
    ended = settling.settle_not_placed(desk.context, order.client_order_id, "a person")
    assert (ended.status, ended.is_settled) == (S.CANCELED, True)
    assert desk.context.store.load_risk_book().reservations == ()


def test_a_trade_that_another_process_books_meanwhile_is_no_difference(desk: Desk) -> None:
    """Balances from before a trade are not compared with a ledger that has it already."""
    other = desk.build_engine()
    other.account("desk").gateway.load_open_orders("BTC/USDT", Lane.POLL)  # It knows its key
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}

    def trade_and_book() -> None:
        eventually(lambda: desk.paper.control.fault_hits() == [1])
        desk.paper.control.place(words, key=desk.key)
        book_symbol_fills(other.account("desk"), "BTC/USDT", Lane.POLL)

    desk.paper.control.add_fault(
        command="account.status", answer="normal", delay_after_ms=500, count=1
    )
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(trade_and_book)
        snapshot = take_snapshot(desk.context, {"BTC/USDT"}, Lane.RESOLVE)
        done.result()
    assert snapshot is not None
    assert find_differences(desk.context, snapshot) == {}
    other.close()
