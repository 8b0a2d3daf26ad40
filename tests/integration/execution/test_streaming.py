"""What the stream brings: at once, by the same rules as polls, and never twice."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from engine.domain.fill import Fill
from engine.domain.identity import client_order_id
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.looks import sweep
from engine.execution.placing import submission
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.listening import PATIENCE_S, Ear
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus


def rest(desk: Desk, key: str = "", price: str = "99.50") -> Order:
    """Return an order of one that works on the exchange, away from the market."""
    placed = desk.place(key=key, order_type="limit", quantity=1, price=Decimal(price))
    desk.deliver()
    return desk.order(placed.client_order_id)


def fill(desk: Desk, order: Order, quantity: str = "1") -> None:
    desk.paper.control.fill(
        "BTCUSDT", order_id=int(order.exchange_order_id or 0), quantity=quantity
    )


def await_status(desk: Desk, order: Order, status: OrderStatus) -> Order:
    name = order.client_order_id
    eventually(lambda: desk.order(name).status is status, timeout_s=PATIENCE_S)
    return desk.order(name)


def test_a_fill_is_booked_without_a_question(desk: Desk) -> None:
    """The position moves with it; the cursor of the trades is REST's and stays."""
    order = rest(desk)
    with Ear(desk) as ear:
        ear.await_live()
        cursor = desk.context.store.find_trade_cursor("BTC/USDT")
        desk.paper.control.clear_stats()
        fill(desk, order, "0.4")
        await_status(desk, order, S.PARTIALLY_FILLED)
        eventually(lambda: desk.messages.waiting, timeout_s=PATIENCE_S)
        desk.deliver()
        position = desk.position()
        fill(desk, order, "0.6")
        done = await_status(desk, order, S.FILLED)
    assert desk.paper.control.stats()["requests"] == {}
    assert done.is_settled
    assert position is not None
    assert position.traded_quantity == Decimal("0.3996")  # Less the fee, in coins
    assert desk.context.store.find_trade_cursor("BTC/USDT") == cursor
    assert_equal_to_exchange(desk)


def test_an_order_whose_answer_was_lost_is_found_by_its_stream(desk: Desk) -> None:
    """The report comes while the order is in doubt: the doubt ends without a question."""
    with Ear(desk) as ear:
        ear.await_live()
        order = desk.place(quantity=1)
        desk.messages.waiting.clear()
        desk.paper.control.drop_after("order.place")
        submission.submit_order(desk.context, order.client_order_id)
        desk.messages.waiting.clear()
        await_status(desk, order, S.FILLED)
    assert_equal_to_exchange(desk)


def test_orders_and_trades_of_others_are_told_apart(desk: Desk) -> None:
    """A stranger's trade is a row of its own; a stranger's cancel of ours is ours."""
    order = rest(desk)
    with Ear(desk) as ear:
        ear.await_live()
        terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.25"}
        desk.paper.control.place(terms | {"newClientOrderId": "by-hand"}, key=desk.key)
        desk.paper.control.cancel("BTCUSDT", order_id=int(order.exchange_order_id or 0))
        await_status(desk, order, S.CANCELED)
        rows = desk.context.store.load_rows("BTC/USDT")
    assert [row.client_order_id for row in rows if isinstance(row, Fill)] == [None]
    assert {order.client_order_id for order in desk.context.store.list_orders(OrderFilter.RECENT)}
    desk.deliver()
    assert desk.exchange_totals()["BTC"] == Decimal("0.25") - fees(rows)


def fees(rows: tuple[object, ...]) -> Decimal:
    return sum((r.fee for r in rows if isinstance(r, Fill) and r.fee_currency == "BTC"), Decimal(0))


def test_what_happened_while_nobody_listened_is_asked_for(desk: Desk) -> None:
    """Trades and an order that left the list: known before the stream counts as live."""
    filled, canceled = rest(desk), rest(desk, price="99.40")
    fill(desk, filled)
    desk.paper.control.cancel("BTCUSDT", order_id=int(canceled.exchange_order_id or 0))
    with Ear(desk) as ear:
        health = ear.await_live()
        assert desk.order(filled.client_order_id).is_settled
        assert desk.order(canceled.client_order_id).status is S.CANCELED
    assert health.leader == "ear"
    assert_equal_to_exchange(desk)


def test_a_doubt_makes_the_leader_connect_again(desk: Desk) -> None:
    """Until it has, and has asked for what it missed, the stream is not live."""
    with Ear(desk) as ear:
        first = ear.await_live()
        desk.context.store.doubt_stream(first.term, "a poll saw a fill first")
        eventually(lambda: ear.health.reconnects > first.reconnects, timeout_s=PATIENCE_S)
        again = ear.await_live()
    assert (again.term, again.doubts) == (first.term, 1)
    assert again.live_since_ms > first.live_since_ms


def test_a_second_listener_takes_over_from_one_that_stops(desk: Desk) -> None:
    """There is one leader at a time, and what happens in between is not lost."""
    order = rest(desk)
    with Ear(desk, "first") as first:
        first.await_live()
        with Ear(desk, "second") as second:
            fill(desk, order, "0.4")
            await_status(desk, order, S.PARTIALLY_FILLED)
            assert second.health.leader == "first"
            first.stop()
            fill(desk, order, "0.6")
            await_status(desk, order, S.FILLED)
            assert second.await_live(term=2).leader == "second"
    assert_equal_to_exchange(desk)


def test_nothing_is_booked_before_the_account_was_rebuilt(desk: Desk) -> None:
    """The store was lost: an opening that is being taken must not count a trade twice."""
    order = rest(desk)
    with Ear(desk) as ear:
        ear.await_live()
        desk.engine.store.client.read("FLUSHALL")

        def hears_trades() -> bool:
            fill(desk, order, "0.0005")  # One alone may come while it connects again
            return ear.health.messages > 0 and not ear.health.is_live

        eventually(hears_trades, timeout_s=PATIENCE_S)
        assert desk.context.store.load_rows("BTC/USDT") == ()
        desk.open()
        ear.await_live()
        desk.paper.control.fill("BTCUSDT", client_order_id=order.client_order_id)
        await_status(desk, order, S.FILLED)
    assert_equal_to_exchange(desk)


def test_a_stream_that_leaves_a_fill_out_is_doubted(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """The next look finds the fill; the leader connects again, and is believed again."""
    timings = {"stream_check_ms": 200, "stream_patience_ms": 500}
    with closing(Desk(tmp_path, redis_server.url, paper, **timings)) as desk:
        desk.engine.store.client.read("FLUSHALL")
        reconcile.reconcile(desk.context)
        leave_a_fill_out(desk)


def leave_a_fill_out(desk: Desk) -> None:
    with Ear(desk) as ear:
        ear.await_live()
        name = place_as_ours(desk)
        eventually(lambda: desk.context.store.find_order(name), timeout_s=PATIENCE_S)  # Adopted
        desk.paper.control.add_stream_fault("drop", execution_type="TRADE", uid=desk.uid)
        fill(desk, desk.order(name), "0.4")

        def doubted() -> int:
            sweep.watch_due_orders(desk.context)
            return ear.health.doubts

        eventually(doubted, timeout_s=PATIENCE_S)
        assert desk.order(name).filled_quantity == Decimal("0.4")
        assert ear.await_live().doubts == 1


def place_as_ours(desk: Desk) -> str:
    """Put an order on the exchange under an id of ours that the store does not know."""
    name = client_order_id(desk.context.identity, desk.context.tag, "a-key")
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    more = {"quantity": "1", "price": "99.50", "newClientOrderId": name}
    desk.paper.control.place(terms | more, key=desk.key)
    return name
