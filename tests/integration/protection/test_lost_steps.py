"""What a plan was about to do when something was lost: done once, and never without a word."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.emergency import EmergencyStep
from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.protection import ProtectionState
from engine.execution.booking.fills import book_fills_of
from engine.execution.protection import protecting
from engine.execution.protection.protecting import protect_account
from engine.execution.protection.protection_view import View
from engine.execution.reconciling import reconcile
from engine.execution.stopping import emergency, trading
from engine.ports import OrderFilter
from engine.store.account import RedisAccountStore
from engine.store.keys import AccountKeys
from tests.builders import build_fill
from tests.desk import Desk
from tests.integration.execution.test_review import lose_writes
from tests.integration.protection.scenes import kinds, open_at_exchange, plan_of, plans
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration
SLICE_MS = 3_000


def enter_bare(desk: Desk) -> str:
    """Enter, and lose every message that would have the position guarded."""
    order = desk.place(quantity="0.2", stop_loss="90", take_profit="110")
    while desk.messages.waiting:
        message = desk.messages.waiting.popleft()
        if message[0] != "protect":
            desk.carry_out(message)
    assert plan_of(desk, order.client_order_id).legs == ()
    return order.client_order_id


def test_the_alarm_of_a_bare_position_survives_a_crash(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens right after the plan was written, a person was told, and once."""
    enter_bare(desk)
    trading.halt(desk.context, "a test")
    protect_account(desk.context)
    desk.clock.pass_time(6_000)
    with monkeypatch.context() as crashing:
        crashing.setattr(RedisAccountStore, "emit", _die)
        with suppress(KeyboardInterrupt):
            protect_account(desk.context)
    protect_account(desk.context)
    assert kinds(desk).count(EventKind.POSITION_UNPROTECTED) == 1


def _die(*arguments: object, **named: object) -> None:
    raise KeyboardInterrupt


def test_an_entry_that_trades_after_its_end_is_guarded(desk: Desk) -> None:
    """The exchange had called it cancelled and empty; its plan was over, and is taken up again."""
    order = desk.place(
        order_type="limit", price="95", quantity="0.2", stop_loss="90", take_profit="110"
    )
    desk.deliver()
    entry = order.client_order_id
    desk.orders.cancel_order(entry, wait=False)
    desk.deliver().sweep()
    protect_account(desk.context)
    assert plan_of(desk, entry).state is ProtectionState.DONE
    desk.paper.control.deposit("BTC", "0.2", uid=desk.uid)  # What the trade brings
    number = desk.order(entry).exchange_order_id
    late = build_fill(exchange_order_id=number, quantity=Decimal("0.2"), price=Decimal(95))
    book_fills_of(desk.context, entry, [late])
    assert EventKind.ALARM in kinds(desk)
    desk.deliver()
    assert open_at_exchange(desk) == {"STOP_LOSS": Decimal("0.2"), "LIMIT_MAKER": Decimal("0.2")}


def age_opening(desk: Desk) -> None:
    """Have the account's opening long before any loss."""
    account = AccountKeys(desk.context.identity.slug).account()
    desk.engine.store.client.read("HINCRBY", account, "opened_at_ms", -100_000)


def arrive_late(desk: Desk, order: Order) -> None:
    """Have the exchange receive a market sale that was on its way all the time."""
    words = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET"}
    words |= {"quantity": str(order.quantity), "newClientOrderId": order.client_order_id}
    desk.paper.control.place(words, key=desk.key)


def sales(desk: Desk) -> list[dict[str, object]]:
    return [order for order in desk.exchange_orders() if order["side"] == "SELL"]


def lose_sale(desk: Desk, server: RedisServer, sell: Callable[[], object]) -> Order:
    """Record a sale and send it into a slow wire; lose the writes of that; return the order."""
    sent: list[Order] = []
    age_opening(desk)

    def act() -> None:
        desk.paper.control.drop_before("order.place")
        sell()
        sent.extend(
            order
            for order in desk.context.store.list_orders(OrderFilter.IN_DOUBT)
            if order.status is OrderStatus.SUBMITTED
        )

    lose_writes(desk, server, act)
    assert len(sent) == 1
    assert sales(desk) == []
    reconcile.reconcile(desk.context)
    return sent[0]


def test_a_leg_that_was_lost_is_not_placed_twice(desk: Desk, redis_server: RedisServer) -> None:
    """A position is closed at market by the leg that was on its way, not by it and another."""
    desk.paper.control.deposit("BTC", "1", uid=desk.uid)
    entry = enter_bare(desk)
    desk.paper.control.set_price("BTCUSDT", "80")
    client = desk.engine.store.client
    for kept in client.read("KEYS", "*ticker*"):  # Prices are kept for a while
        client.write("DEL", kept)
    desk.restart_engine()

    def sell() -> None:
        protect_account(desk.context)
        desk.deliver()

    lost = lose_sale(desk, redis_server, sell)
    sell()
    arrive_late(desk, lost)
    desk.age_loss()
    for _ in range(3):
        protect_account(desk.context)
        desk.deliver().sweep()
    assert len(sales(desk)) == 1
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert plans(desk) == []


def test_a_sale_of_an_emergency_that_was_lost_is_not_made_twice(
    desk: Desk, redis_server: RedisServer
) -> None:
    """What an order on its way has sold is not sold again of the coins that were there before."""
    desk.paper.control.deposit("BTC", "1", uid=desk.uid)
    reconcile.reconcile(desk.context)
    desk.place(quantity="0.2")
    desk.deliver()
    emergency.begin_emergency(desk.context, "a test")

    def work() -> object:
        return emergency.work_emergency(desk.context, SLICE_MS)

    lost = lose_sale(desk, redis_server, work)
    work()
    arrive_late(desk, lost)
    desk.age_loss()
    for _ in range(5):
        run = emergency.work_emergency(desk.context, 10 * SLICE_MS)
        if run is not None and run.is_over:
            break
    assert len(sales(desk)) == 1
    stored = desk.context.store.find_emergency()
    assert stored is not None
    assert stored.value.step is EmergencyStep.DONE


def test_an_entry_that_trades_while_its_plan_ends_is_guarded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trade is booked between a look that finds nothing and the write that ends the plan."""
    order = desk.place(
        order_type="limit", price="95", quantity="0.2", stop_loss="90", take_profit="110"
    )
    desk.deliver()
    entry = order.client_order_id
    desk.orders.cancel_order(entry, wait=False)
    number = desk.order(entry).exchange_order_id
    late = build_fill(exchange_order_id=number, quantity=Decimal("0.2"), price=Decimal(95))
    look = protecting.look_at_plans

    def look_and_sleep(*arguments: Any) -> View:
        seen = look(*arguments)
        if desk.order(entry).is_settled:
            monkeypatch.undo()
            desk.paper.control.deposit("BTC", "0.2", uid=desk.uid)  # What the trade brings
            book_fills_of(desk.context, entry, [late])
        return seen

    monkeypatch.setattr(protecting, "look_at_plans", look_and_sleep)
    desk.deliver().sweep()
    protect_account(desk.context)
    desk.deliver()
    assert open_at_exchange(desk) == {"STOP_LOSS": Decimal("0.2"), "LIMIT_MAKER": Decimal("0.2")}
