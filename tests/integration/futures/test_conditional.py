"""Conditional orders of contracts: a service of their own, and two orders for one wish."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.end_reason import TRIGGER_REJECTED
from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import cancel_order
from engine.execution.reconciling import reconcile
from engine.execution.stopping import emergency
from tests.contract.raw import signed
from tests.desk import PAST_FENCE_MS, Desk
from tests.integration.futures.test_trading import SYMBOL, WORD, differences, trade
from tests.listening import Ear
from tests.paper import PaperControl
from tests.waiting import eventually

D = Decimal
S = OrderStatus


def control(desk: Desk) -> PaperControl:
    return desk.paper.control.futures


def stop(desk: Desk, **terms: Any) -> Order:
    """Place an order that sells 0.5 when the price falls to 90."""
    words = {"order_type": "stop", "quantity": "0.5", "trigger_price": "90", "reduce_only": True}
    order = desk.place(SYMBOL, "sell", **(words | terms))
    return desk.deliver().order(order.client_order_id)


def kept(desk: Desk) -> list[dict[str, Any]]:
    """Return the exchange's own record of the account's conditional orders."""
    return [row for row in control(desk).ledger()["algo_orders"] if row["uid"] == desk.uid]


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def holds(desk: Desk, quantity: str) -> bool:
    return D(control(desk).position(WORD, uid=desk.uid)["quantity"]) == D(quantity)


def test_a_stop_waits_triggers_and_fills(desk: Desk) -> None:
    """Its own number while it waits; the trades of the order that it becomes are its own."""
    trade(desk, "buy", "0.9")
    order = stop(desk)
    assert (order.status, order.exchange_order_id) == (
        S.ACCEPTED,
        f"algo-{kept(desk)[0]['algo_id']}",
    )
    assert desk.sweep().order(order.client_order_id).status is S.ACCEPTED
    control(desk).set_price(WORD, "89")
    done = desk.sweep().order(order.client_order_id)
    assert (done.status, done.filled_quantity, done.is_settled) == (S.FILLED, D("0.5"), True)
    assert {fill.exchange_order_id for fill in done.fills} == {done.triggered_order_id}
    assert differences(desk) == {}
    assert holds(desk, "0.4")


@pytest.mark.parametrize(
    ("kind", "side", "terms", "price"),
    [
        ("stop_limit", "buy", {"trigger_price": "110", "price": "80"}, "111"),
        ("take_profit", "sell", {"trigger_price": "110"}, "111"),
        ("take_profit_limit", "sell", {"trigger_price": "110", "price": "120"}, "111"),
    ],
)
def test_every_kind_is_taken_and_triggered(
    desk: Desk, kind: str, side: str, terms: dict[str, str], price: str
) -> None:
    """What is triggered and rests is open, not filled; its cancel ends the order that rests."""
    words: dict[str, Any] = {"order_type": kind, "side": side, "reduce_only": False} | terms
    order = desk.place(SYMBOL, words.pop("side"), quantity="1", **words)
    assert desk.deliver().order(order.client_order_id).status is S.ACCEPTED
    control(desk).set_price(WORD, price)
    seen = desk.sweep().order(order.client_order_id)
    if kind == "take_profit":
        assert seen.status is S.FILLED
        return
    assert (seen.status, seen.filled_quantity) == (S.ACCEPTED, 0)
    assert seen.triggered_order_id is not None
    desk.orders.cancel_order(order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.CANCELED
    assert desk.context.gateway.load_open_orders(SYMBOL, Lane.POLL) == ()


def test_a_cancel_that_comes_while_it_triggers(desk: Desk) -> None:
    """-4117: it is asked for, and what it became is cancelled in its place."""
    order = stop(desk, order_type="stop_limit", price="95", quantity="1", reduce_only=False)
    control(desk).hold_triggers(60_000)
    control(desk).set_price(WORD, "89")
    desk.orders.cancel_order(order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.ACCEPTED
    control(desk).hold_triggers(0)
    control(desk).set_price(WORD, "88")
    cancel_order(desk.context, order.client_order_id)  # -2011: it is an order of its own by now
    cancel_order(desk.context, order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.CANCELED


def test_a_refused_trigger_is_told(desk: Desk) -> None:
    """Without margin for it, it ends EXPIRED with the exchange's reason, and an alarm."""
    order = stop(
        desk, quantity="100", trigger_price="110", reduce_only=False, order_type="take_profit"
    )
    control(desk).withdraw("USDT", "999000", uid=desk.uid)
    control(desk).set_price(WORD, "111")
    ended = desk.sweep().order(order.client_order_id)
    assert ended.status is S.EXPIRED
    assert ended.reason is not None
    assert (ended.reason.code, ended.reason.message) == (
        TRIGGER_REJECTED,
        "Margin is insufficient.",
    )
    (said,) = alarms(desk)
    assert "Margin is insufficient." in said
    assert desk.context.store.load_risk_book().reservations == ()
    assert differences(desk) == {}


@pytest.mark.parametrize("is_triggered", [False, True])
def test_a_cut_answer_is_resolved_at_the_right_service(desk: Desk, is_triggered: bool) -> None:
    """In doubt, then found where conditional orders are, or as what its trigger placed."""
    trade(desk, "buy", "0.9")
    control(desk).drop_after(None, method="POST", path="/fapi/v1/algoOrder")
    order = desk.place(
        SYMBOL, "sell", order_type="stop", quantity="0.5", trigger_price="90", reduce_only=True
    )
    desk.carry_out(desk.messages.waiting.popleft())
    assert desk.order(order.client_order_id).is_in_doubt
    if is_triggered:
        control(desk).set_price(WORD, "89")
    found = desk.deliver().sweep().order(order.client_order_id)
    assert found.status is (S.FILLED if is_triggered else S.ACCEPTED)
    assert found.exchange_order_id == f"algo-{kept(desk)[0]['algo_id']}"
    assert (found.triggered_order_id is not None) is is_triggered
    assert len(kept(desk)) == 1


def test_one_that_never_arrived_is_not_placed(desk: Desk) -> None:
    """Absence in both services after the window, and no second request."""
    control(desk).drop_before(None, method="POST", path="/fapi/v1/algoOrder")
    order = stop(desk, quantity="1", reduce_only=False)
    assert order.is_in_doubt
    desk.paper.control.set_clock(PAST_FENCE_MS)
    desk.context.gateway.measure_clock()
    assert desk.sweep().order(order.client_order_id).reason.code == "NOT_PLACED"
    assert kept(desk) == []


def test_the_stream_tells_a_trigger_and_its_fill(desk: Desk) -> None:
    """ALGO_UPDATE names the order that was placed, and that one's own news end the wish."""
    trade(desk, "buy", "0.9")
    with Ear(desk) as ear:
        ear.await_live()
        order = stop(desk)
        control(desk).set_price(WORD, "89")
        eventually(lambda: desk.order(order.client_order_id).is_settled, timeout_s=60)
    seen = desk.order(order.client_order_id)
    assert (seen.status, seen.filled_quantity) == (S.FILLED, D("0.5"))
    assert seen.exchange_order_id == f"algo-{kept(desk)[0]['algo_id']}"


def test_a_lost_store_finds_what_waits_and_what_was_triggered(desk: Desk) -> None:
    """A rebuild adopts both under their ids; the trades of the second are its own."""
    trade(desk, "buy", "0.9")
    waits, fills = stop(desk, trigger_price="50"), stop(desk, trigger_price="90", quantity="0.3")
    control(desk).set_price(WORD, "89")
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    seen = desk.order(waits.client_order_id)
    assert (seen.status, seen.exchange_order_id) == (S.ACCEPTED, waits.exchange_order_id)
    assert seen.terms.trigger_price == D(50)
    filled = desk.order(fills.client_order_id)
    assert (filled.status, filled.filled_quantity) == (S.FILLED, D("0.3"))
    assert differences(desk) == {}


def test_reconcile_sees_that_one_is_gone(desk: Desk) -> None:
    """Ended by somebody else, while nobody looked: found out by its own question."""
    order = stop(desk, quantity="1", reduce_only=False)
    words = {"key": desk.key, "secret": "secret", "clientAlgoId": order.client_order_id}
    assert signed(desk.paper, "DELETE", "/fapi/v1/algoOrder", **words).status == 200
    reconcile.reconcile(desk.context)
    assert desk.order(order.client_order_id).status is S.CANCELED


def test_many_are_cancelled_by_one_request(desk: Desk) -> None:
    """Both services are told to end everything, since all that is open is ours and is to end."""
    orders = [
        stop(desk, trigger_price=str(60 + n), quantity="1", reduce_only=False) for n in range(3)
    ]
    orders.append(desk.place(SYMBOL, "buy", order_type="limit", price="70", quantity="1"))
    desk.deliver().orders.cancel_all_orders()
    desk.deliver()
    ended = [desk.order(order.client_order_id).status for order in orders]
    assert ended == [S.CANCELED] * 4
    assert desk.paper.control.stats()["requests"]["DELETE /fapi/v1/algoOpenOrders"] == 1


def test_an_emergency_ends_those_of_others_too(desk: Desk) -> None:
    """Ours and a stranger's are ended before the position is."""
    trade(desk, "buy", "0.9")
    order = stop(desk)
    words = {"key": desk.key, "secret": "secret", "algoType": "CONDITIONAL", "symbol": WORD}
    strange = {
        "side": "SELL",
        "type": "TRAILING_STOP_MARKET",
        "quantity": "0.1",
        "callbackRate": "5",
    }
    assert signed(desk.paper, "POST", "/fapi/v1/algoOrder", **words, **strange).status == 200
    emergency.begin_emergency(desk.context, "a test")
    run = emergency.work_emergency(desk.context, 60_000)
    assert run is not None
    assert run.is_clean, run.problems
    assert desk.order(order.client_order_id).status is S.CANCELED
    assert {row["status"] for row in kept(desk)} == {"CANCELED"}
    assert holds(desk, "0")
