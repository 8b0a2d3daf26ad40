"""One key, one order: repeated, at once, after a restart, on an empty store."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import AccountNotReady, KeyConflict
from engine.execution.ending.cancellation import request_cancel
from engine.execution.placing import submission
from engine.execution.reconciling import reconcile
from engine.order_request import OrderRequest
from tests.desk import PAST_FENCE_MS, Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.markets import later_on_both_markets, on_both_markets
from tests.looking import look_at_symbol

pytestmark = pytest.mark.integration
S = OrderStatus
LIMIT = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


def wipe(desk: Desk) -> None:
    """Lose the whole store, as a failover to an empty server does."""
    desk.engine.store.client.read("FLUSHALL")


@later_on_both_markets
def test_the_same_key_twice_is_one_order(desk: Desk) -> None:
    """A repeat returns what the first call came to, before and after it was sent."""
    first = desk.place(key="mine", **LIMIT)
    assert desk.place(key="mine", **LIMIT).client_order_id == first.client_order_id
    desk.deliver()
    again = desk.place(key="mine", **LIMIT)
    assert again.status is S.ACCEPTED
    assert len(desk.deliver().exchange_orders()) == 1
    assert_equal_to_exchange(desk)


def test_the_same_key_for_another_order_is_a_conflict(desk: Desk) -> None:
    """Nothing is recorded for the second wish."""
    desk.place(key="mine", **LIMIT)
    with pytest.raises(KeyConflict, match="mine"):
        desk.place(key="mine", **LIMIT | {"quantity": 2})
    assert len(desk.deliver().exchange_orders()) == 1


def test_a_denied_key_stays_denied(desk: Desk) -> None:
    """A key is spent by any outcome; the repeat returns the denial."""
    first = desk.place(key="greedy", quantity=9_000, order_type="limit", price=Decimal(120))
    assert first.status is S.DENIED
    assert desk.place(
        key="greedy", quantity=9_000, order_type="limit", price=Decimal(120)
    ) == desk.order(first.client_order_id)
    assert desk.deliver().exchange_orders() == []


def test_the_same_key_at_once_from_many_processes(desk: Desk) -> None:
    """Ten callers race; one order is recorded and all get its id."""
    engines = [desk.build_engine() for _ in range(10)]

    def place(number: int) -> str:
        desk_of_its_own = Desk.__new__(Desk)
        desk_of_its_own.__dict__ = desk.__dict__ | {"engine": engines[number]}
        return desk_of_its_own.place(key="raced", **LIMIT).client_order_id

    with ThreadPoolExecutor(10) as pool:
        names = set(pool.map(place, range(10)))
    assert len(names) == 1
    assert len(desk.deliver().exchange_orders()) == 1
    for engine in engines:
        engine.close()


@on_both_markets
def test_many_workers_submit_the_same_order_at_once(desk: Desk) -> None:
    """However many messages there are, one worker claims and sends."""
    order = desk.place(**LIMIT)
    engines = [desk.build_engine() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda engine: submission.submit_order(
                    engine.account("desk"), order.client_order_id
                ),
                engines,
            )
        )
    desk.deliver()
    placed = Counter(item["client_order_id"] for item in desk.exchange_orders())
    assert placed == {order.client_order_id: 1}
    for engine in engines:
        engine.close()


@later_on_both_markets
def test_after_a_restart_the_key_still_stands(desk: Desk) -> None:
    """A new process finds the record of the old one."""
    first = desk.place(key="mine", **LIMIT)
    desk.deliver().restart_engine()
    assert desk.place(key="mine", **LIMIT).client_order_id == first.client_order_id
    assert len(desk.deliver().exchange_orders()) == 1


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind == "alarm"]


@later_on_both_markets
def test_a_claim_from_before_the_loss_may_still_arrive(desk: Desk) -> None:
    """Until its window is over, "not at the exchange" proves nothing for a forgotten key."""
    order = desk.place(key="mine", **LIMIT)
    stored = desk.context.store.load_order(order.client_order_id)
    gateway = desk.context.gateway
    gateway.prepare_submit(stored.value, nonce="old")
    claimed = submission.claim_form(stored.value, "old", gateway.exchange_now_ms(), 60_000)
    desk.context.store.claim(stored.version, claimed)
    wipe(desk)
    reconcile.reconcile(desk.context)
    desk.age_loss(-PAST_FENCE_MS)  # However long the rebuild took
    with pytest.raises(AccountNotReady, match="may still arrive"):
        desk.place(key="mine", **LIMIT)
    gateway.submit(claimed)
    assert desk.place(key="mine", **LIMIT).client_order_id == order.client_order_id
    assert len(desk.deliver().exchange_orders()) == 1
    assert_equal_to_exchange(desk)


def test_the_rest_of_a_group_from_before_the_loss_may_still_arrive(desk: Desk) -> None:
    """One order of a group is found; before the window is over no other is called lost."""
    wishes = [
        OrderRequest(symbol=name, side="buy", account="desk", **LIMIT)
        for name in ("BTC/USDT", "ETH/USDT")
    ]
    first, second = desk.orders.place_orders(wishes, key="two", wait=False)
    submission.submit_order(desk.context, first.order_id)
    stored = desk.context.store.load_order(second.order_id)
    gateway = desk.context.gateway
    gateway.prepare_submit(stored.value, nonce="old")
    claimed = submission.claim_form(stored.value, "old", gateway.exchange_now_ms(), 60_000)
    desk.context.store.claim(stored.version, claimed)
    wipe(desk)
    reconcile.reconcile(desk.context)
    desk.age_loss(-PAST_FENCE_MS)  # However long the rebuild took
    with pytest.raises(AccountNotReady, match="may still arrive"):
        desk.orders.place_orders(wishes, key="two", wait=False)
    gateway.submit(claimed)
    again = desk.orders.place_orders(wishes, key="two", wait=False)
    assert [one.order_id for one in again] == [first.order_id, second.order_id]
    assert len(desk.deliver().exchange_orders()) == 2
    assert_equal_to_exchange(desk)


def test_what_is_lost_of_a_group_is_told_when_it_is_certain(desk: Desk) -> None:
    """Past the window the rest never reached the exchange, and may be placed under a new id."""
    wishes = [OrderRequest(symbol="BTC/USDT", side="buy", account="desk", **LIMIT)] * 2
    first, _ = desk.orders.place_orders(wishes, key="two", wait=False)
    submission.submit_order(desk.context, first.order_id)
    wipe(desk)
    reconcile.reconcile(desk.context)
    desk.age_loss()
    with pytest.raises(KeyConflict, match="1 of 2 orders are not at the exchange"):
        desk.orders.place_orders(wishes, key="two", wait=False)
    assert len(desk.deliver().exchange_orders()) == 1
    assert_equal_to_exchange(desk)


@later_on_both_markets
@pytest.mark.parametrize("fate", ["open", "filled", "cancelled by us"])
def test_on_an_empty_store_the_exchange_remembers_the_key(desk: Desk, fate: str) -> None:
    """After the loss of everything the same key finds the order at the exchange."""
    first = desk.place(key="mine", **LIMIT)
    desk.deliver()
    if fate == "filled":
        desk.control.fill("BTCUSDT", client_order_id=first.client_order_id)
    if fate == "cancelled by us":
        request_cancel(desk.context, first.client_order_id)
        desk.deliver()
    wipe(desk)
    desk.restart_engine()
    reconcile.reconcile(desk.context)
    again = desk.place(key="mine", **LIMIT)
    assert again.client_order_id == first.client_order_id
    assert len(desk.deliver().exchange_orders()) == 1
    with pytest.raises(KeyConflict):
        desk.place(key="mine", **LIMIT | {"quantity": 2})
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_on_an_empty_store_nothing_is_claimed_before_the_rebuild(desk: Desk) -> None:
    """Messages of before the loss do no harm, and the rebuild finds what is open and held."""
    desk.place(quantity=1)
    resting = desk.place(key="resting", **LIMIT)
    desk.deliver()
    desk.control.fill("BTCUSDT", client_order_id=resting.client_order_id, quantity="0.25")
    unsent = desk.place(key="unsent", **LIMIT)
    wipe(desk)
    desk.restart_engine()
    desk.deliver()  # The message about the forgotten order is among them
    assert len(desk.exchange_orders()) == 2
    reconcile.reconcile(desk.context)
    found = desk.order(resting.client_order_id)
    assert found.status is S.PARTIALLY_FILLED
    assert found.filled_quantity == Decimal("0.25")
    assert_equal_to_exchange(desk)
    desk.age_loss()
    again = desk.place(key="unsent", **LIMIT)
    assert again.client_order_id == unsent.client_order_id
    assert len(desk.deliver().exchange_orders()) == 3
    assert_equal_to_exchange(desk)


def test_a_look_on_an_empty_store_does_not_ask_for_all_time(desk: Desk) -> None:
    """An order adopted before the rebuild is looked at with a handful of questions."""
    resting = desk.place(key="resting", **LIMIT)
    desk.deliver()
    order = desk.order(resting.client_order_id)
    wipe(desk)
    desk.paper.control.clear_stats()
    look_at_symbol(desk.context, "BTC/USDT", [order])
    asked = sum(desk.paper.control.stats()["requests"].values())
    assert asked <= 5


def test_coins_from_before_are_an_opening_row(desk: Desk) -> None:
    """What older history left is held, and its entry is unknown."""
    desk.paper.control.deposit("BTC", "0.75", uid=desk.uid)
    wipe(desk)
    desk.restart_engine()
    desk.open()
    position = desk.position()
    assert position is not None
    assert position.net_quantity == Decimal("0.75")
    assert position.entry_price is None
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize(("asset", "amount"), [("BTC", "0.5"), ("USDT", "-250.25")])
def test_a_lasting_difference_is_named_and_alarmed(desk: Desk, asset: str, amount: str) -> None:
    """A balance that nothing explains becomes a row of its own, never a silent correction."""
    desk.paper.control.deposit(asset, amount, uid=desk.uid)
    first = reconcile.reconcile(desk.context)
    assert first is not None
    assert first.differences == {asset: Decimal(amount)}
    reconcile.reconcile(desk.context)
    assert alarms(desk) == [], "it may be a trade that shows up late"
    desk.clock.pass_time(60_000)
    reconcile.reconcile(desk.context)
    desk.deliver()
    assert any(f"{asset} {amount}" in message for message in alarms(desk))
    assert_equal_to_exchange(desk)


class Died(BaseException):
    """The process ended here."""


def test_a_named_difference_is_told_by_whoever_dies_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Balances are equal once the row is booked: nobody would come to tell it later."""
    desk.paper.control.deposit("USDT", "250", uid=desk.uid)
    reconcile.reconcile(desk.context)
    desk.clock.pass_time(60_000)
    book = desk.context.store.append_rows

    def die(rows: object, **named: object) -> int:
        book(rows, **named)  # type: ignore[arg-type]
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(desk.context.store, "append_rows", die)
        with pytest.raises(Died):
            reconcile.reconcile(desk.context)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    assert any("USDT 250" in message for message in alarms(desk))


def test_trades_of_others_are_booked_as_foreign(desk: Desk) -> None:
    """An order placed by hand moves the position, and is never taken for one of ours."""
    desk.paper.control.place(
        {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}, key=desk.key
    )
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    desk.deliver()
    position = desk.position()
    assert position is not None
    assert position.net_quantity == desk.exchange_totals()["BTC"]
    (fill,) = desk.context.store.list_fills()
    assert fill.client_order_id is None
