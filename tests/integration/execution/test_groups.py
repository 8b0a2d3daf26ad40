"""Orders that belong together: recorded together, complete together, told once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import InvalidGroup, InvalidRequest
from engine.execution.ending.cancellation import request_cancel
from engine.execution.placing import lost_keys
from engine.execution.placing.groups import MOST_ORDERS
from engine.order_manager import OrderManager, OrderResult
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


def test_a_group_recorded_while_another_call_looks_its_key_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same key at once: the slower call has asked for the first order before it was there."""
    requests, other = three(), OrderManager(engine=desk.build_engine())
    placed: list[OrderResult] = []

    def find_too_early(*arguments: Any) -> None:
        monkeypatch.undo()
        placed.extend(other.place_orders(requests, key="raced", wait=False))

    monkeypatch.setattr(lost_keys, "find_by_own_ids", find_too_early)
    again = desk.orders.place_orders(requests, key="raced", wait=False)

    assert [order.order_id for order in again] == [order.order_id for order in placed]
    assert len(desk.deliver().exchange_orders()) == 3
    other.close()


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


def test_each_member_has_its_own_end(desk: Desk) -> None:
    """One fills, the answer about one is lost, one is refused by the exchange, one never comes."""
    wish = {"symbol": "BTC/USDT", "side": "buy", "quantity": Decimal("0.1")}
    placed = desk.orders.place_orders([OrderRequest(**wish)] * 4, key="mixed", wait=False)
    names = [one.order_id for one in placed]
    refusal = {"answer": "status", "status": 400, "body": '{"code":-2010,"msg":"no"}'}
    nothing = {"effect": False}
    for name, fault in (
        (names[1], {"answer": "drop"}),
        (names[2], refusal | nothing),
        (names[3], {"answer": "drop"} | nothing),
    ):
        desk.paper.control.add_fault(command="order.place", client_order_id_prefix=name, **fault)
    desk.deliver()
    ends = [desk.order(name).status for name in names]
    assert ends == [S.FILLED, S.FILLED, S.REJECTED, S.SUBMITTED]
    assert desk.context.store.list_outbox() == (), "it waits for the one in doubt"
    desk.paper.control.set_clock(120_000)
    desk.sweep()
    last = desk.order(names[3])
    assert last.reason is not None
    assert (last.status, last.reason.code) == (S.REJECTED, "NOT_PLACED")
    assert len(desk.exchange_orders()) == 2
    assert_equal_to_exchange(desk)


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


def fifty(*, last: dict[str, object] | None = None) -> list[OrderRequest]:
    """Return small market orders of two symbols; `last` changes the fiftieth."""
    wishes = [
        {"symbol": symbol, "side": "buy", "quantity": Decimal("0.1")}
        for symbol in ("BTC/USDT", "ETH/USDT") * 25
    ]
    wishes[-1] |= last or {}
    return [OrderRequest(**wish) for wish in wishes]  # type: ignore[arg-type]


def test_fifty_orders_complete_in_one_chord(desk: Desk) -> None:
    """One record, one message each, and a single completion when the last one is settled."""
    placed = desk.orders.place_orders(fifty(), key="fifty", wait=False)
    assert [name for name, _ in desk.messages.waiting] == ["submit"] * 50
    seen = []
    while desk.messages.waiting:
        message = desk.messages.waiting.popleft()
        seen += [message[1][1].entry_id] if message[0] == "complete" else []
        desk.carry_out(message)
    assert seen == [placed[0].order_id]
    assert len(desk.exchange_orders()) == 50
    assert all(desk.order(one.order_id).status is S.FILLED for one in placed)
    assert desk.context.store.list_outbox() == ()
    assert_equal_to_exchange(desk)


def test_a_member_in_doubt_keeps_its_group_open(desk: Desk) -> None:
    """Forty-nine filled orders complete nothing while nobody knows of the fiftieth."""
    placed = desk.orders.place_orders(fifty(), key="fifty", wait=False)
    desk.paper.control.add_fault(
        command="order.place", client_order_id_prefix=placed[7].order_id, answer="drop"
    )
    lost = {"count": None, "answer": "drop", "effect": False}
    desk.paper.control.add_fault(
        command="order.status", client_order_id_prefix=placed[7].order_id, **lost
    )
    for command in ("openOrders.status", "allOrders"):
        desk.paper.control.add_fault(command=command, **lost)
    desk.deliver()
    assert desk.order(placed[7].order_id).is_in_doubt
    assert sum(desk.order(one.order_id).is_settled for one in placed) == 49
    assert desk.context.store.list_outbox() == ()
    desk.paper.control.clear_faults()
    desk.sweep()
    assert desk.order(placed[7].order_id).status is S.FILLED
    assert_equal_to_exchange(desk)


def test_every_member_that_is_no_order_is_told(desk: Desk) -> None:
    """All faults by the number of the member, in one answer; nothing was recorded."""
    wishes = fifty(last={"quantity": Decimal("0.1000001")})
    wishes[2] = OrderRequest(symbol="NOPE/USDT", side="buy", quantity=1)
    with pytest.raises(InvalidGroup) as unlisted:
        desk.orders.place_orders(wishes, wait=False)
    assert set(unlisted.value.faults) == {3}
    assert "NOPE/USDT" in unlisted.value.faults[3]
    wishes[2] = OrderRequest(symbol="BTC/USDT", side="buy", quantity=Decimal("0.1000001"))
    with pytest.raises(InvalidGroup) as off_step:
        desk.orders.place_orders(wishes, wait=False)
    assert set(off_step.value.faults) == {3, 50}
    assert not desk.messages.waiting
    assert desk.deliver().exchange_orders() == []


def test_a_group_has_a_largest_size(desk: Desk) -> None:
    """The largest is recorded whole; one more is refused in a sentence with both numbers."""
    many = [OrderRequest(symbol="BTC/USDT", side="buy", quantity=Decimal("0.1"))] * MOST_ORDERS
    with pytest.raises(InvalidRequest, match=f"{MOST_ORDERS + 1} members; .* {MOST_ORDERS}"):
        desk.orders.place_orders([*many, many[0]], wait=False)
    placed = desk.orders.place_orders(many, key="many", wait=False)
    assert len({order.order_id for order in placed}) == MOST_ORDERS
    desk.messages.waiting.clear()


def test_an_order_of_a_group_has_no_key_of_its_own(desk: Desk) -> None:
    """It would not protect anything, so it is refused and not forgotten."""
    wish = OrderRequest(symbol="BTC/USDT", side="buy", quantity=1, key="own")
    with pytest.raises(InvalidRequest, match="key"):
        desk.orders.place_orders([wish, wish], wait=False)
