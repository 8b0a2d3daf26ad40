"""Orders and positions of contracts, beside the exchange's own ledger."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.domain.position import PositionState
from engine.execution.reconciling import reconcile
from engine.order_manager import OrderRequest, OrderType
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.paper import PaperExchange

D = Decimal
SYMBOL, WORD = "BTC/USDT:USDT", "BTCUSDT"


def shown(desk: Desk) -> dict[str, str]:
    return desk.paper.control.futures.position(WORD, uid=desk.uid)


def wallet(desk: Desk) -> Decimal:
    return desk.paper.control.futures.wallet(uid=desk.uid)


def trade(desk: Desk, side: str, quantity: str, **terms: object) -> OrderStatus:
    order = desk.place(SYMBOL, side, quantity=quantity, **terms)
    return desk.deliver().order(order.client_order_id).status


def differences(desk: Desk) -> dict[str, Decimal]:
    """Return what reconcile finds different: nothing, where the ledger is the exchange's."""
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_compared
    return result.differences


def test_a_position_is_opened_reduced_flipped_and_closed(desk: Desk) -> None:
    """Quantity, wallet and realized profit are the exchange's own after every step."""
    steps = (("buy", "0.9"), ("sell", "0.6"), ("sell", "1.1"), ("buy", "0.8"))
    for side, quantity in steps:
        assert trade(desk, side, quantity) is OrderStatus.FILLED
        position = desk.position(SYMBOL)
        assert position is not None
        assert position.net_quantity == D(shown(desk)["quantity"])
        assert 1_000_000 + position.realized_pnl == wallet(desk)
        assert differences(desk) == {}
    assert desk.position(SYMBOL).direction is PositionState.FLAT


def test_a_short_has_its_entry_and_its_price(desk: Desk) -> None:
    """The portfolio shows mark, liquidation price and equity as the exchange does."""
    trade(desk, "sell", "0.7")
    (row,) = desk.context.store.find_portfolio().value.positions
    portfolio = desk.context.store.find_portfolio().value
    assert round(row.entry_price, 8) == D(shown(desk)["entry_price"])
    assert row.net_quantity == D("-0.7")
    assert row.liquidation_price is not None
    assert portfolio.equity == wallet(desk) + row.unrealized_pnl


def test_a_reduce_only_order_never_opens(desk: Desk) -> None:
    """Ours denies what the exchange would refuse; what closes passes, however small."""
    assert trade(desk, "sell", "0.6", reduce_only=True) is OrderStatus.DENIED
    trade(desk, "buy", "0.6")
    assert trade(desk, "sell", "0.4", reduce_only=True) is OrderStatus.FILLED


def test_post_only_rests_and_is_cancelled_under_its_own_id(desk: Desk) -> None:
    """GTX, and a cancel that does not rename the order."""
    order = desk.place(SYMBOL, "buy", order_type="limit", price="90", quantity="1", post_only=True)
    desk.deliver()
    (placed,) = [o for o in desk.paper.control.futures.orders() if o["uid"] == desk.uid]
    assert placed["time_in_force"] == "GTX"
    desk.orders.cancel_order(order.client_order_id)
    desk.deliver()
    assert desk.order(order.client_order_id).status is OrderStatus.CANCELED


@pytest.mark.parametrize("answer", ["before", "after"])
def test_a_cut_answer_is_one_order_or_none(desk: Desk, answer: str) -> None:
    """In doubt, then adopted or shown never to have arrived; at no time sent again."""
    control = desk.paper.control.futures
    cut = control.drop_before if answer == "before" else control.drop_after
    cut(None, method="POST", path="/fapi/v1/order")
    order = desk.place(SYMBOL, "buy", quantity="0.6")
    desk.deliver()
    desk.paper.control.set_clock(60_000)
    desk.context.gateway.measure_clock()
    desk.clock.pass_time(60_000)
    desk.sweep()
    status = desk.order(order.client_order_id).status
    placed = [o for o in control.orders() if o["uid"] == desk.uid]
    wanted = (OrderStatus.REJECTED, 0) if answer == "before" else (OrderStatus.FILLED, 1)
    assert (status, len(placed)) == wanted


@pytest.mark.parametrize(
    ("code", "message", "is_doubt"),
    [
        (-1001, "Service Unavailable.", False),
        (-1001, "Internal error; unable to process your request. Please try again.", False),
        (-1008, "Request throttled by system-level protection.", False),
        (-1003, "Unknown error, please check your request or try again later.", True),
    ],
)
def test_a_503_says_whether_it_is_definite(
    desk: Desk, code: int, message: str, is_doubt: bool
) -> None:
    """Two texts and a code prove that nothing was done, and it goes out again; the last is doubt.

    In doubt the order was taken, though the same status and a code of the traffic kind came.
    """
    control, body = desk.paper.control.futures, json.dumps({"code": code, "msg": message})
    refused = {"method": "POST", "path": "/fapi/v1/order", "effect": is_doubt}
    control.answer_status(503, body, None, **refused)
    order = desk.place(SYMBOL, "buy", quantity="0.6")
    desk.carry_out(desk.messages.waiting.popleft())
    after = desk.order(order.client_order_id)
    assert (after.is_in_doubt, after.attempt) == (is_doubt, 1)
    assert after.status is (OrderStatus.SUBMITTED if is_doubt else OrderStatus.INITIALIZED)
    done = desk.deliver().sweep().order(order.client_order_id)
    assert (done.status, done.attempt) == (OrderStatus.FILLED, 1 if is_doubt else 2)
    assert_equal_to_exchange(desk)


def test_many_are_cancelled_by_one_request(desk: Desk) -> None:
    """The exchange only says that it is done; what became of each is asked at once."""
    ids = [
        desk.place(SYMBOL, "buy", order_type="limit", price="9" + str(n), quantity="1")
        for n in range(4)
    ]
    desk.deliver()
    desk.paper.control.clear_stats()
    desk.orders.cancel_all_orders(symbol=SYMBOL, wait=False)
    desk.deliver()
    assert {desk.order(one.client_order_id).status for one in ids} == {OrderStatus.CANCELED}
    assert desk.paper.control.stats()["requests"].get("DELETE /fapi/v1/allOpenOrders") == 1


def test_an_empty_store_finds_position_and_entry_again(desk: Desk, paper: PaperExchange) -> None:
    """What was held before the history begins is an opening with the price that is known."""
    trade(desk, "buy", "0.9")
    desk.clock.pass_time(0)
    paper.control.set_clock(3 * 86_400_000)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    position = desk.position(SYMBOL)
    assert position is not None
    assert position.net_quantity == D("0.9")
    assert position.entry_price is not None
    assert round(position.entry_price, 8) == D(shown(desk)["entry_price"])
    assert differences(desk) == {}


def test_a_foreign_trade_moves_the_position(desk: Desk, paper: PaperExchange) -> None:
    """Booked as external: the fold is the exchange's, and nothing is unexplained."""
    words = {"symbol": WORD, "side": "BUY", "type": "MARKET", "quantity": "0.6"}
    paper.control.futures.place(words, key=desk.key)
    assert differences(desk) == {}
    desk.deliver()
    assert desk.position(SYMBOL).net_quantity == D("0.6")


def test_orders_of_a_group_reduce_no_more_than_is_held_together(desk: Desk) -> None:
    """Each counts for the next: the second is denied what the first takes already."""
    trade(desk, "buy", "0.9")
    wish = OrderRequest(
        symbol=SYMBOL,
        side="sell",
        order_type=OrderType.LIMIT,
        price="110",
        quantity="0.6",
        reduce_only=True,
    )
    first, second = desk.orders.place_orders([wish, wish], wait=False)
    assert desk.order(first.order_id).status is OrderStatus.INITIALIZED
    denied = desk.order(second.order_id)
    assert denied.status is OrderStatus.DENIED
    assert denied.reason is not None
    assert denied.reason.code == "NOT_REDUCING"
