"""The exchange says no, and why: the order ends refused, once, with the exchange's own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from engine.execution.doubt import settling
from engine.execution.ending.cancellation import request_cancel
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import (
    LIMIT,
    error_body,
    leave_out_market,
    sent,
    submit_into,
)
from tests.waiting import eventually

pytestmark = pytest.mark.integration
S = OrderStatus


def limit_rights(desk: Desk, **rights: bool) -> None:
    desk.paper.control.open_account(desk.key, "secret", desk.uid, **rights)


def change_market(desk: Desk, **changes: object) -> None:
    desk.paper.control.set_symbol("BTCUSDT", **changes)


def spend_all(desk: Desk) -> None:
    """Take the money between our check and the exchange's own."""
    desk.paper.control.withdraw("USDT", 999_990, uid=desk.uid)


def rest_by_hand(desk: Desk) -> None:
    """Use the one place for an open order that the market has left."""
    change_market(desk, max_orders=1)
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    desk.paper.control.place(words | {"quantity": "1", "price": "90.00"}, key=desk.key)


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """What changes at the exchange between our checks and the order's arrival."""

    happens: Callable[[Desk], None]
    code: str
    terms: dict[str, Any]


SURPRISES = {
    "the key may not trade": Surprise(
        happens=lambda desk: limit_rights(desk, can_trade=False), code="-2015", terms=LIMIT
    ),
    "the account is disabled": Surprise(
        happens=lambda desk: desk.paper.control.set_account(desk.uid, can_trade=False),
        code="-2010",
        terms=LIMIT,
    ),
    "the money is gone": Surprise(happens=spend_all, code="-2010", terms=LIMIT),
    "the smallest value has grown": Surprise(
        happens=lambda desk: change_market(desk, min_notional="500"), code="-1013", terms=LIMIT
    ),
    "the tick has grown": Surprise(
        happens=lambda desk: change_market(desk, tick_size="1"), code="-1013", terms=LIMIT
    ),
    "the step has grown": Surprise(
        happens=lambda desk: change_market(desk, step_size="2"), code="-1013", terms=LIMIT
    ),
    "too many orders are open": Surprise(happens=rest_by_hand, code="-1013", terms=LIMIT),
    "the stop would trigger at once": Surprise(
        happens=lambda desk: desk.paper.control.set_price("BTCUSDT", 110),
        code="-2010",
        terms={"order_type": "stop", "quantity": 1, "trigger_price": Decimal(105)},
    ),
    "the market is halted": Surprise(
        happens=lambda desk: change_market(desk, status="HALT"), code="-1013", terms=LIMIT
    ),
    "the market is cancel-only": Surprise(
        happens=lambda desk: change_market(desk, status="CANCEL_ONLY"), code="-1013", terms=LIMIT
    ),
}


@pytest.mark.parametrize("name", SURPRISES)
def test_a_refusal_is_final_and_frees_what_it_held(desk: Desk, name: str) -> None:
    """Refused with the exchange's code, sent once, nothing reserved, nothing placed."""
    surprise = SURPRISES[name]
    order = desk.place(**surprise.terms)
    surprise.happens(desk)
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert (done.reason.code, sent(desk, order)) == (surprise.code, 1)
    assert desk.context.store.load_risk_book().reservations == ()
    desk.sweep()
    assert all(
        order.client_order_id not in one["client_order_ids"] for one in desk.exchange_orders()
    )


#: Refusals that ccxt takes for something else, by words: the raw code decides.
MISREAD = {
    "disabled": error_body(-2010, "This action is disabled on this account."),
    "not permitted": error_body(-2010, "This symbol is not permitted for this account."),
    "not listed": error_body(-1121, "Invalid symbol."),
    "a code of tomorrow": error_body(-9999, "Something new."),
}


@pytest.mark.parametrize("name", MISREAD)
def test_a_refusal_in_strange_words(desk: Desk, name: str) -> None:
    """A 4xx with the exchange's own final code refuses, whatever its text reminds of."""
    refusal = {"answer": "status", "status": 400, "body": MISREAD[name], "effect": False}
    done = submit_into(desk, refusal, **LIMIT)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert done.reason.message in MISREAD[name]
    assert_equal_to_exchange(desk)


def test_a_cancel_that_the_account_may_not_do(desk: Desk) -> None:
    """-2011 for another reason than "it is not open" ends nothing: the order is still there."""
    order = desk.place(**LIMIT)
    desk.deliver()
    body = error_body(-2011, "This action is disabled on this account.")
    desk.paper.control.answer_status(400, body, command="order.cancel", effect=False)
    request_cancel(desk.context, order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.ACCEPTED
    desk.context.dispatcher.cancel_order("desk", order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.CANCELED
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("status", ["HALT", "CANCEL_ONLY"])
def test_a_halted_market_keeps_its_orders_and_lets_them_be_cancelled(
    desk: Desk, status: str
) -> None:
    """It refuses what is new and touches nothing else."""
    order = desk.place(**LIMIT)
    desk.deliver()
    change_market(desk, status=status)
    assert desk.sweep().order(order.client_order_id).status is S.ACCEPTED
    request_cancel(desk.context, order.client_order_id)
    assert desk.deliver().order(order.client_order_id).status is S.CANCELED
    change_market(desk, status="TRADING")
    assert_equal_to_exchange(desk)


def test_a_reduce_only_order_that_would_not_reduce(desk: Desk) -> None:
    """Spot knows no such orders: more than is held, alone or together, is denied here."""
    desk.place(quantity=1)
    desk.deliver()
    part = {"side": "sell", "quantity": Decimal("0.6"), "reduce_only": True}
    first, second, entry = (
        desk.place(**part),
        desk.place(**part),
        desk.place(quantity=1, reduce_only=True),
    )
    for denied in (second, entry):
        assert denied.reason is not None
        assert (denied.status, denied.reason.code) == (S.DENIED, "NOT_REDUCING")
    assert desk.deliver().order(first.client_order_id).status is S.FILLED
    assert len(desk.exchange_orders()) == 2
    assert_equal_to_exchange(desk)


def delist(desk: Desk, symbol: str) -> None:
    """Let the exchange know nothing of a market any more, as after its delisting."""
    always: dict[str, Any] = {"count": None, "answer": "status"}
    desk.paper.control.add_fault(
        symbol=symbol, status=400, body=MISREAD["not listed"], effect=False, **always
    )
    leave_out_market(desk, symbol)


def settles_as_gone(desk: Desk, order: Order) -> bool:
    try:
        return settling.settle_not_placed(desk.context, order.client_order_id, "a person").is_closed
    except InvalidRequest:
        return False


def test_a_market_that_is_delisted(curious: Desk) -> None:
    """Its order can be ended by a person, and the account goes on trading meanwhile."""
    order = curious.place("ETH/USDT", **LIMIT)
    curious.deliver()
    curious.paper.control.expire("ETHUSDT", client_order_id=order.client_order_id)
    delist(curious, "ETHUSDT")
    curious.sweep()
    assert curious.order(order.client_order_id).status is S.ACCEPTED
    after = curious.place(quantity=1)
    assert curious.deliver().order(after.client_order_id).status is S.FILLED
    eventually(lambda: settles_as_gone(curious, order))
    ended = curious.order(order.client_order_id)
    assert (ended.status, ended.is_settled) == (S.CANCELED, True)
    assert curious.context.store.load_risk_book().reservations == ()
    assert_equal_to_exchange(curious)


def test_the_orders_of_a_market_that_is_delisted_can_be_named(curious: Desk) -> None:
    """By the name that they have: whoever wants them ended is not told that there is no such."""
    order = curious.place("ETH/USDT", **LIMIT)
    curious.deliver()
    delist(curious, "ETHUSDT")
    eventually(lambda: not_listed(curious, "ETH/USDT"))
    (asked,) = curious.orders.cancel_all_orders("ETH/USDT", wait=False)
    assert asked.order_id == order.client_order_id
    assert curious.order(order.client_order_id).cancel_requested_at_ms is not None


def not_listed(desk: Desk, symbol: str) -> bool:
    return all(item.symbol != symbol for item in desk.context.gateway.load_instruments())


def test_new_rules_are_read_before_the_old_ones_are_too_old(curious: Desk) -> None:
    """What the exchange would refuse is then told before anything is recorded."""
    change_market(curious, tick_size="1")
    eventually(lambda: tells_the_tick(curious))
    placed = curious.deliver().exchange_orders()
    with pytest.raises(InvalidRequest, match="a multiple of 1"):
        curious.place(**LIMIT)
    assert (curious.deliver().exchange_orders(), placed) == ([], [])


def test_a_broken_rule_makes_every_process_read_the_rules_again(desk: Desk) -> None:
    """The refusal itself tells that they have changed; nobody waits until they are too old."""
    change_market(desk, tick_size="1")
    refused = desk.place(**LIMIT)
    assert desk.deliver().order(refused.client_order_id).status is S.REJECTED
    assert tells_the_tick(desk)
    desk.restart_engine()
    assert tells_the_tick(desk)


def tells_the_tick(desk: Desk) -> bool:
    try:
        desk.place(**LIMIT)
    except InvalidRequest:
        return True
    return False
