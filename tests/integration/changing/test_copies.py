"""Orders that change while somebody on the way sends their requests twice."""

from __future__ import annotations

import json

import pytest

from engine.domain.changing import Chase
from engine.domain.order_status import OrderStatus
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus

TOO_MANY = json.dumps({"code": -1015, "msg": "Too many new orders."})


def answer_the_copy(market: Market, body: str) -> None:
    """Have the next placement taken, and answered by what its copy is told."""
    path = "/api/v3/order" if market.is_spot else "/fapi/v1/order"
    market.control.answer_status(400, body, None, method="POST", path=path)


def test_a_change_after_a_copy_that_was_refused_for_now(market: Market) -> None:
    """The order stands although it counts as unsent: another beside it would be too many."""
    answer_the_copy(market, TOO_MANY)
    first = market.rest()
    assert first.status is S.INITIALIZED
    market.modify(first, price="99.40")
    market.deliver().pass_time()
    (standing,) = market.open_orders()
    assert market.newest(first).exchange_order_id == str(standing["order_id"])


def test_a_cancel_after_a_copy_that_was_refused_for_now(market: Market) -> None:
    """It is not called final while it stands."""
    answer_the_copy(market, TOO_MANY)
    first = market.rest()
    market.desk.orders.cancel_order(first.client_order_id, wait=False)
    market.deliver()
    assert market.order(first).status is S.CANCELED
    assert market.open_orders() == []


def test_a_chase_whose_copy_came_after_the_price(market: Market) -> None:
    """The first rests or has traded, the copy would have taken: another would be too many."""
    code = -2010 if market.is_spot else -5022
    body = {"code": code, "msg": "Order would immediately match and take."}
    market.set_touch("99.90", "100.00")
    answer_the_copy(market, json.dumps(body))
    order = market.place("limit", "1", chase=Chase())
    market.deliver().pass_time().pass_time()
    assert len(market.open_orders()) == 1
    assert market.order(order).status is S.ACCEPTED
