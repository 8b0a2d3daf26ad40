"""Many cancels in one request, and every case in which that would hit an order it must not."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from ulid import ULID

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest, KeyConflict
from engine.execution.reconciling import reconcile
from engine.order_manager import OrderManager
from tests.desk import PAST_FENCE_MS, TIMINGS, Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.execution.test_rebuild import change_settings

pytestmark = pytest.mark.integration
S = OrderStatus

#: How the paper exchange counts them.
ONE, ALL = "DELETE /api/v3/order", "DELETE /api/v3/openOrders"


def resting(desk: Desk, count: int = 4, **fields: Any) -> list[Order]:
    """Place orders below the market and wait until they are known to rest."""
    wish = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")} | fields
    orders = [desk.place(**wish) for _ in range(count)]
    desk.deliver()
    desk.paper.control.clear_stats()
    return orders


def cancel_all(desk: Desk, symbol: str | None = None) -> list[str]:
    """Wish for the end of everything; return the ids of what was meant."""
    asked = desk.orders.cancel_all_orders(symbol, wait=False)
    return [one.order_id for one in asked]


def requests(desk: Desk) -> tuple[int, int]:
    """Return how many requests cancelled one order, and how many all of a symbol."""
    counted = desk.paper.control.stats()["requests"]
    return counted.get(ONE, 0), counted.get(ALL, 0)


def statuses(desk: Desk, orders: list[Order]) -> list[OrderStatus]:
    return [desk.order(order.client_order_id).status for order in orders]


def foreign(desk: Desk) -> str:
    """Let another client of the account place an order; return its id."""
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    words |= {"quantity": "1", "price": "98.00", "newClientOrderId": f"strange{ULID()}"}
    desk.paper.control.place(words, key=desk.key)
    return words["newClientOrderId"]


def is_open(desk: Desk, client_order_id: str) -> bool:
    (found,) = [one for one in desk.exchange_orders() if client_order_id in one["client_order_ids"]]
    return found["status"] in {"NEW", "PARTIALLY_FILLED"}


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def test_everything_of_a_symbol_ends_by_one_request(desk: Desk) -> None:
    """Unsent orders are denied, the other symbol stays, and nothing is asked twice."""
    orders = resting(desk)
    other = resting(desk, 1, symbol="ETH/USDT")
    unsent = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    asked = cancel_all(desk, "BTCUSDT")
    assert set(asked) == {order.client_order_id for order in [*orders, unsent]}
    assert desk.messages.waiting.pop() == ("cancel symbol", ("desk", "BTC/USDT"))
    desk.messages.waiting.clear()
    desk.carry_out(("cancel symbol", ("desk", "BTC/USDT")))
    assert requests(desk) == (0, 1)
    assert statuses(desk, orders) == [S.CANCELED] * 4
    assert statuses(desk, [unsent, *other]) == [S.DENIED, S.ACCEPTED]
    assert_equal_to_exchange(desk.deliver())


def test_a_symbol_is_meant_in_every_account_that_has_it(desk: Desk) -> None:
    """Spot does not list the contract's name, contracts not that of spot: neither is in the way."""
    accounts = json.loads(desk.config_path.read_text())["accounts"]
    contracts = accounts["desk"] | {"market_type": "futures"}
    change_settings(desk, accounts={"contracts": contracts, **accounts})
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    engine = desk.build_engine()
    with closing(OrderManager(testnet=False, engine=engine)) as manager:
        assert manager.cancel_all_orders("BTC/USDT:USDT", wait=False) == ()
        (asked,) = manager.cancel_all_orders("BTC/USDT", wait=False)
        with pytest.raises(InvalidRequest, match="symbol is 'BTC/EUR'"):
            manager.cancel_all_orders("BTC/EUR", wait=False)
    assert asked.order_id == order.client_order_id
    assert desk.deliver().order(order.client_order_id).status is S.DENIED


def test_fills_that_race_are_booked(desk: Desk) -> None:
    """One filled in part, one filled whole before the request: the ledger has every unit."""
    orders = resting(desk)
    asked = cancel_all(desk)
    half, whole = (int(str(order.exchange_order_id)) for order in map_orders(desk, orders[:2]))
    desk.paper.control.fill("BTCUSDT", order_id=half, quantity="0.4")
    desk.paper.control.fill("BTCUSDT", order_id=whole)
    desk.deliver()
    assert len(asked) == 4
    assert requests(desk)[1] == 1
    assert statuses(desk, orders) == [S.CANCELED, S.FILLED, S.CANCELED, S.CANCELED]
    assert desk.order(orders[0].client_order_id).filled_quantity == Decimal("0.4")
    assert_equal_to_exchange(desk)


def map_orders(desk: Desk, orders: list[Order]) -> list[Order]:
    return [desk.order(order.client_order_id) for order in orders]


@pytest.mark.parametrize(
    "fault",
    [
        {"answer": "drop"},
        {"answer": "drop", "effect": False},
        {"answer": "malformed"},
        {"answer": "status", "status": 503, "effect": False},
    ],
    ids=["lost after effect", "lost before", "unreadable", "overload"],
)
def test_an_unclear_answer_ends_every_order_once(desk: Desk, fault: dict[str, Any]) -> None:
    """Nothing is believed; single cancels and looks tell, and new orders wait for the window."""
    orders = resting(desk)
    cancel_all(desk)
    desk.paper.control.add_fault(command="openOrders.cancelAll", **fault)
    desk.deliver()
    assert statuses(desk, orders) == [S.CANCELED] * 4
    late = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    immediate = desk.place(quantity=1)
    desk.deliver()
    assert statuses(desk, [late, immediate]) == [S.INITIALIZED, S.FILLED]
    assert_equal_to_exchange(desk)


def test_a_clear_answer_lets_new_orders_rest_at_once(desk: Desk) -> None:
    """Done, or nothing open: the symbol is free again."""
    resting(desk)
    cancel_all(desk)
    desk.deliver()
    assert statuses(desk, resting(desk, 1)) == [S.ACCEPTED]


def test_a_foreign_order_is_not_touched(desk: Desk) -> None:
    """With a stranger on the list each of ours is cancelled by itself."""
    orders, stranger = resting(desk), foreign(desk)
    cancel_all(desk)
    desk.deliver()
    assert requests(desk) == (4, 0)
    assert statuses(desk, orders) == [S.CANCELED] * 4
    assert is_open(desk, stranger)


def test_a_foreign_order_of_the_last_instant_is_told(desk: Desk) -> None:
    """It cannot be seen; that it was hit is an alarm."""
    orders = resting(desk)
    cancel_all(desk)
    gateway = desk.context.gateway
    ask = gateway.load_open_orders

    def ask_then_let_a_stranger_in(*arguments: Any) -> Any:
        listed = ask(*arguments)
        foreign(desk)
        return listed

    gateway.load_open_orders = ask_then_let_a_stranger_in  # type: ignore[method-assign]
    desk.deliver()
    assert statuses(desk, orders) == [S.CANCELED] * 4
    assert any("not ours" in alarm for alarm in alarms(desk))


def test_an_order_that_is_not_meant_is_not_touched(desk: Desk) -> None:
    """Some of ours are to end: those alone do."""
    orders = resting(desk)
    named = [order.client_order_id for order in orders[:3]]
    desk.orders.cancel_orders(named, wait=False)
    desk.deliver()
    assert requests(desk) == (3, 0)
    assert statuses(desk, orders) == [S.CANCELED] * 3 + [S.ACCEPTED]


def test_an_order_that_comes_meanwhile_waits(desk: Desk) -> None:
    """It is recorded after the wishes and before the request: it is not claimed, so not hit."""
    orders = resting(desk)
    cancel_all(desk)
    gateway = desk.context.gateway
    ask, late = gateway.load_open_orders, []

    def place_then_ask(*arguments: Any) -> Any:
        late.append(desk.place(order_type="limit", quantity=1, price=Decimal("99.50")))
        desk.carry_out(("submit", ("desk", late[0].client_order_id)))
        return ask(*arguments)

    gateway.load_open_orders = place_then_ask  # type: ignore[method-assign]
    desk.carry_out(desk.messages.waiting.popleft())
    assert statuses(desk, [*orders, *late]) == [S.CANCELED] * 4 + [S.INITIALIZED]
    gateway.load_open_orders = ask  # type: ignore[method-assign]
    desk.deliver()
    assert statuses(desk, late) == [S.ACCEPTED]
    assert requests(desk) == (0, 1)


def test_an_order_in_doubt_forbids_it(desk: Desk) -> None:
    """It may rest there, and under an id that says nothing nobody would find it."""
    orders = resting(desk)
    doubted = desk.place(order_type="limit", quantity=1, price=Decimal("99.00"))
    desk.paper.control.drop_after()
    desk.paper.control.drop_before("order.status")
    desk.carry_out(("submit", ("desk", doubted.client_order_id)))
    assert desk.order(doubted.client_order_id).is_in_doubt
    cancel_all(desk)
    desk.deliver()
    assert requests(desk) == (5, 0)
    assert statuses(desk, [*orders, doubted]) == [S.CANCELED] * 5


def test_an_order_of_which_a_copy_may_stand_forbids_it(desk: Desk) -> None:
    """It was refused for now, and its first copy rests where no query shows it yet: the end of
    everything would take its id away, and what it has filled would be nobody's.
    """
    change_settings(desk, execution=TIMINGS | {"query_lag_ms": 20_000})
    orders = resting(desk)
    late = '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'
    refused = {"answer": "status", "status": 400, "body": late, "invisible_ms": 20_000}
    desk.paper.control.add_fault(command="order.place", **refused)
    unsent = desk.place(order_type="limit", quantity=1, price=Decimal("99.00"))
    desk.carry_out(("submit", ("desk", unsent.client_order_id)))
    desk.messages.waiting.clear()
    name = unsent.client_order_id
    assert desk.order(name).status is S.INITIALIZED
    desk.paper.control.fill("BTCUSDT", client_order_id=name, quantity="0.4")

    cancel_all(desk)
    desk.deliver()
    desk.paper.control.set_clock(40_000)
    desk.context.gateway.measure_clock()
    desk.sweep().carry_out(("cancel", ("desk", name)))

    assert requests(desk) == (5, 0)
    assert statuses(desk, [*orders, unsent]) == [S.CANCELED] * 5
    assert desk.order(name).filled_quantity == Decimal("0.4")
    assert_equal_to_exchange(desk)


def test_named_keys_are_cancelled_under_ids_that_are_found_again(desk: Desk) -> None:
    """A cancel of everything replaces the id; a lost store could place the key a second time."""
    wish = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}
    for number in range(3):
        desk.place(**wish, key=f"named{number}")
    desk.deliver()
    desk.paper.control.clear_stats()
    cancel_all(desk)
    desk.deliver()
    assert requests(desk) == (3, 0)


def test_a_key_that_a_lost_store_made_is_refused(desk: Desk) -> None:
    """Its order ended without a trace: it is not placed a second time."""
    orders = resting(desk)
    cancel_all(desk)
    desk.deliver()
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    reconcile.reconcile(desk.context)
    desk.paper.control.set_clock(PAST_FENCE_MS)
    desk.context.gateway.measure_clock()
    placed = len(desk.exchange_orders())
    with pytest.raises(KeyConflict, match="older than the store"):
        desk.place(
            order_type="limit", quantity=1, price=Decimal("99.50"), key=orders[0].request_key
        )
    assert len(desk.deliver().exchange_orders()) == placed
