"""Closing all of a position, an end by date, and the price that a trigger watches."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from tests.desk import Desk
from tests.integration.futures.test_conditional import control, differences, holds, kept
from tests.integration.futures.test_trading import SYMBOL, WORD, trade

D = Decimal
S = OrderStatus
CLOSING: dict[str, Any] = {"order_type": "stop", "trigger_price": "90", "close_position": True}
DAY_MS = 86_400_000


def test_all_there_is_by_then_is_closed(desk: Desk) -> None:
    """The position grew after the stop was placed; its trades and its end are the stop's own."""
    trade(desk, "buy", "0.9")
    name = desk.place(SYMBOL, "sell", **CLOSING).client_order_id
    take = {"order_type": "take_profit", "trigger_price": "120", "close_position": True}
    other = desk.place(SYMBOL, "sell", **take).client_order_id
    assert desk.deliver().order(name).status is S.ACCEPTED
    assert desk.order(other).status is S.ACCEPTED
    trade(desk, "buy", "0.6")
    assert kept(desk)[0]["closes_position"] is True
    control(desk).set_price(WORD, "89")
    done = desk.sweep().order(name)
    assert (done.status, done.filled_quantity, done.is_settled) == (S.FILLED, D("1.5"), True)
    assert holds(desk, "0")
    assert differences(desk) == {}


def test_a_closing_stop_that_hides_its_own_copy_stands(desk: Desk) -> None:
    """Sent twice on the way, the second is refused beside the first, and that answer comes."""
    trade(desk, "buy", "0.9")
    body = json.dumps({"code": -4130, "msg": "An open stop with closePosition is existing."})
    control(desk).answer_status(400, body, None, method="POST", path="/fapi/v1/algoOrder")
    name = desk.place(SYMBOL, "sell", **CLOSING).client_order_id
    assert desk.deliver().order(name).status is S.ACCEPTED


def test_without_a_position_there_is_nothing_to_close(desk: Desk) -> None:
    """Denied with what is held; after a close elsewhere the exchange lets it expire."""
    order = desk.order(desk.place(SYMBOL, "sell", **CLOSING).client_order_id)
    assert order.status is S.DENIED
    assert "0 BTC are held; a LONG position must be open" in order.reason.message
    trade(desk, "buy", "0.9")
    name = desk.place(SYMBOL, "sell", **CLOSING).client_order_id
    desk.deliver()
    trade(desk, "sell", "0.9", reduce_only=True)
    control(desk).set_price(WORD, "89")
    assert desk.sweep().order(name).status is S.EXPIRED


def test_a_stop_watches_the_mark_price(desk: Desk) -> None:
    """The last price does not wake it, the mark price does."""
    trade(desk, "buy", "0.9")
    name = desk.place(SYMBOL, "sell", trigger_by="mark", **CLOSING).client_order_id
    desk.deliver()
    control(desk).set_mark_price(WORD, "100")
    control(desk).set_price(WORD, "89")
    assert desk.sweep().order(name).status is S.ACCEPTED
    control(desk).set_mark_price(WORD, "89")
    assert desk.sweep().order(name).status is S.FILLED


def test_a_date_is_the_exchanges_to_keep(desk: Desk) -> None:
    """GTD goes out as it is; when the exchange ends the order, it is EXPIRED here."""
    till_ms = int(time.time()) * 1000 + DAY_MS
    terms = {"order_type": "limit", "price": "90", "time_in_force": "gtd", "good_till_ms": till_ms}
    name = desk.place(SYMBOL, "buy", quantity="1", **terms).client_order_id
    assert desk.deliver().order(name).status is S.ACCEPTED
    (placed,) = [row for row in control(desk).orders() if row["uid"] == desk.uid]
    assert (placed["time_in_force"], placed["good_till_ms"]) == ("GTD", till_ms)
    control(desk).call("expire", {"symbol": WORD, "client_order_id": name})
    assert desk.sweep().order(name).status is S.EXPIRED


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (CLOSING | {"quantity": "1"}, "close_position is true and 1 is given as amount"),
        (CLOSING | {"reduce_only": True}, "close_position alone says both"),
        ({"close_position": True}, "only a stop or a take_profit order takes it"),
        (
            {"order_type": "limit", "price": "90", "quantity": "1", "time_in_force": "gtd"},
            "time_in_force is gtd and good_till_ms is missing",
        ),
        (
            {"order_type": "limit", "price": "90", "quantity": "1", "good_till_ms": 1},
            "an order with an end must say gtd",
        ),
        (
            {
                "order_type": "limit",
                "price": "90",
                "quantity": "1",
                "time_in_force": "gtd",
                "good_till_ms": 1_700_000_000_000,
            },
            "it must be more than 600 s from now",
        ),
        ({"quantity": "1", "trigger_by": "mark"}, "a market order has no trigger"),
        ({"quantity": "1", "trigger_by": "index"}, "must be one of last, mark"),
        ({"quantity": "1", "good_till_ms": "soon"}, "it must be a whole number of ms"),
    ],
)
def test_terms_that_do_not_fit(desk: Desk, terms: dict[str, Any], said: str) -> None:
    """One sentence, and nothing is recorded."""
    with pytest.raises(InvalidRequest, match=said):
        desk.place(SYMBOL, "sell", **terms)
    assert desk.messages.waiting == type(desk.messages.waiting)()
