"""Orders that belong together: recorded together, complete together, told once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order import OrderStatus
from engine.errors import InvalidRequest
from engine.execution.cancellation import request_cancel
from engine.order_request import OrderRequest
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration
S = OrderStatus


def three(**last: object) -> list[OrderRequest]:
    """Return a market order, a limit order at once filled, and a resting one."""
    return [
        OrderRequest(symbol="BTC/USDT", side="buy", quantity=Decimal("0.1")),
        OrderRequest(
            symbol="BTC/USDT", side="buy", order_type="limit", quantity=1, price=Decimal("100.02")
        ),
        OrderRequest(
            **{
                "symbol": "ETH/USDT",
                "side": "buy",
                "order_type": "limit",
                "quantity": 1,
                "price": Decimal("99.50"),
            }
            | last  # type: ignore[arg-type]
        ),
    ]


def completions(desk: Desk) -> int:
    return sum(name == "complete" for name, _ in desk.messages.waiting)


def test_a_group_completes_once_when_its_last_order_is_settled(desk: Desk) -> None:
    """One chord for the whole group, and none while an order of it rests."""
    placed = desk.orders.place_orders(three(), key="group", wait=False)
    assert len({order.order_id for order in placed}) == 3
    desk.deliver()
    assert desk.context.store.list_outbox() == ()
    resting = placed[2].order_id
    request_cancel(desk.context, resting)
    desk.carry_out(desk.messages.waiting.popleft())
    (entry,) = desk.context.store.list_outbox()
    assert set(entry.cursors) == {"BTC/USDT"}
    assert completions(desk) == 1
    desk.deliver()
    assert desk.context.store.list_outbox() == ()
    assert_equal_to_exchange(desk)


def test_the_same_group_key_returns_the_same_orders(desk: Desk) -> None:
    """A repeated group is no new group."""
    first = desk.orders.place_orders(three(), key="group", wait=False)
    desk.deliver()
    again = desk.orders.place_orders(three(), key="group", wait=False)
    assert [order.order_id for order in again] == [order.order_id for order in first]
    assert len(desk.deliver().exchange_orders()) == 3


def test_a_group_with_an_impossible_order_records_nothing(desk: Desk) -> None:
    """A price off the tick is told before anything is written."""
    with pytest.raises(InvalidRequest, match=r"99\.501"):
        desk.orders.place_orders(three(price=Decimal("99.501")), key="group", wait=False)
    assert desk.deliver().exchange_orders() == []
    assert desk.context.store.find_request("group", "") is None


def test_a_denied_member_does_not_hold_its_group(desk: Desk) -> None:
    """A denial is settled at once; the group completes with the others."""
    placed = desk.orders.place_orders(
        three(quantity=9_000, price=Decimal(120)), key="group", wait=False
    )
    assert placed[2].status == "denied"
    desk.deliver()
    assert desk.context.store.list_outbox() == ()
    assert_equal_to_exchange(desk)
    portfolio = desk.context.store.find_portfolio()
    assert portfolio is not None
    assert portfolio.value.cursors["BTC/USDT"] == len(desk.context.store.load_rows("BTC/USDT"))


def test_a_lost_chord_is_published_again(desk: Desk) -> None:
    """The outbox keeps the entry until the portfolio covers it."""
    desk.place(quantity=1)
    while desk.messages.waiting:
        message = desk.messages.waiting.popleft()
        if message[0] != "complete":
            desk.carry_out(message)
    (entry,) = desk.context.store.list_outbox()
    assert entry.published >= 1
    again = desk.context.store.claim_outbox(0, 10)
    assert again == (), "not due again yet"
    desk.engine.dispatcher.complete("desk", entry)
    desk.deliver()
    assert desk.context.store.list_outbox() == ()
    assert_equal_to_exchange(desk)
