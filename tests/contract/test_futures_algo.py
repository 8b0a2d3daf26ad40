"""Conditional orders, batches and the dead man's switch of the futures market."""

from __future__ import annotations

import json
from decimal import Decimal as D

import ccxt
import pytest

from tests.contract.raw import place_future, signed
from tests.waiting import eventually

BTC = "BTC/USDT:USDT"
_STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "0.1",
    "triggerPrice": "59000",
    "reduceOnly": "true",
}


def _place(paper, **changes: object):
    """Place a conditional order: a stop that sells 0.1 at 59,000 unless told otherwise."""
    return signed(paper, "POST", "/fapi/v1/algoOrder", **(_STOP | changes))


def _query(paper, client_algo_id: str) -> dict[str, object]:
    return signed(paper, "GET", "/fapi/v1/algoOrder", clientAlgoId=client_algo_id).json


def _long(swap, quantity: str = "0.1") -> None:
    swap.create_order(BTC, "market", "buy", quantity, None, {"clientOrderId": "in"})


def test_a_stop_becomes_an_order_of_its_own(paper, swap, futures):
    """A triggered stop places a child with its own id; it is finished when the child is over."""
    _long(swap)
    params = {"clientOrderId": "stop", "stopLossPrice": "59000", "reduceOnly": True}
    stop = swap.create_order(BTC, "market", "sell", "0.1", None, params)
    assert (stop["status"], futures.orders()[-1]["client_order_id"]) == ("open", "in")
    assert [o["clientOrderId"] for o in swap.fetch_open_orders(BTC, params={"trigger": True})] == [
        "stop"
    ]
    assert swap.fetch_open_orders(BTC) == []
    futures.set_price("BTCUSDT", 58900)
    seen = _query(paper, "stop")
    assert (seen["algoStatus"], seen["actualOrderId"]) == ("FINISHED", "2")
    child = signed(paper, "GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=2).json
    assert (child["status"], child["type"], child["origType"]) == (
        "FILLED",
        "MARKET",
        "STOP_MARKET",
    )
    assert D(futures.position("BTCUSDT")["quantity"]) == 0


def test_triggered_is_not_filled(paper, swap, futures):
    """A triggered stop-limit whose child rests is TRIGGERED, with nothing filled."""
    _long(swap)
    _place(paper, type="STOP", price="58950", timeInForce="GTC", clientAlgoId="limit")
    futures.set_book("BTCUSDT", [("57000", "1")], [("59000", "0.01")])
    place_future(paper, type="MARKET", price=None, timeInForce=None, quantity="0.001")
    seen = _query(paper, "limit")
    assert (seen["algoStatus"], seen["actualQty"]) == ("TRIGGERED", "0.00000000")
    child = signed(
        paper, "GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=seen["actualOrderId"]
    ).json
    assert (child["status"], child["clientOrderId"]) == ("NEW", "limit")
    signed(paper, "DELETE", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="limit")
    assert _query(paper, "limit")["algoStatus"] == "FINISHED"


def test_a_trigger_without_margin_is_rejected(paper, futures):
    """Margin is asked for at the trigger: what does not fit is REJECTED with its reason."""
    placed = _place(
        paper, side="BUY", triggerPrice="61000", quantity="100", reduceOnly=None, clientAlgoId="big"
    )
    assert placed.json["algoStatus"] == "NEW"
    futures.set_price("BTCUSDT", 61500)
    seen = _query(paper, "big")
    assert (seen["algoStatus"], seen["rejectReason"]) == ("REJECTED", "Margin is insufficient.")
    assert (seen["actualOrderId"], futures.orders()) == ("", [])


def test_close_position_closes_what_there_is(paper, swap, futures):
    """closePosition sells the whole position of that moment; without one it expires."""
    _long(swap)
    closing = {"closePosition": "true", "quantity": None, "reduceOnly": None}
    assert _place(paper, **closing, clientAlgoId="all").status == 200
    assert _place(paper, **closing, clientAlgoId="more").code == -4130
    swap.create_order(BTC, "market", "buy", "0.05", None, {"clientOrderId": "more"})
    futures.set_price("BTCUSDT", 58000)
    assert D(futures.position("BTCUSDT")["quantity"]) == 0
    assert D(_query(paper, "all")["actualQty"]) == D("0.15")
    assert _place(paper, **(closing | {"triggerPrice": "57000"}), clientAlgoId="late").status == 200
    futures.set_price("BTCUSDT", 56000)
    assert _query(paper, "late")["algoStatus"] == "EXPIRED"


def test_a_trailing_stop_follows_the_best_price(paper, swap, futures):
    """One percent back from the best price since its activation triggers it, no earlier."""
    _long(swap)
    trailing = {"type": "TRAILING_STOP_MARKET", "triggerPrice": None, "callbackRate": "1"}
    _place(paper, **trailing, activatePrice="61000", clientAlgoId="trail")
    for price in ("60900", "60000", "61100", "62000", "61400"):
        futures.set_price("BTCUSDT", price)
        assert _query(paper, "trail")["algoStatus"] == "NEW"
    futures.set_price("BTCUSDT", "61380")  # 62000 less one percent
    assert _query(paper, "trail")["algoStatus"] == "FINISHED"


def test_mark_price_and_price_protection(paper, swap, futures):
    """MARK_PRICE watches the mark; protection holds back while both prices are far apart."""
    _long(swap)
    _place(paper, workingType="MARK_PRICE", clientAlgoId="mark")
    _place(paper, priceProtect="true", triggerPrice="58500", clientAlgoId="safe")
    futures.set_mark_price("BTCUSDT", 60000)
    futures.set_price("BTCUSDT", 56500)
    assert [_query(paper, i)["algoStatus"] for i in ("mark", "safe")] == ["NEW", "NEW"]
    futures.set_mark_price("BTCUSDT", 58900)
    assert [_query(paper, i)["algoStatus"] for i in ("mark", "safe")] == ["FINISHED", "REJECTED"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"triggerPrice": "60500"}, -2021),
        ({"triggerPrice": "59000.05"}, -1111),
        ({"triggerPrice": None}, -1102),
        ({"algoType": None}, -1102),
        ({"type": "LIMIT"}, -1116),
        ({"type": "STOP", "timeInForce": "GTC"}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None, "callbackRate": "11"}, -2007),
        ({"closePosition": "true"}, -1106),
        ({"positionSide": "LONG", "reduceOnly": None}, -4061),
        ({"clientAlgoId": "not allowed!"}, -4015),
    ],
)
def test_refusals(paper, futures, changes, code):
    """Each wrong conditional order has its own code, and leaves nothing."""
    assert _place(paper, **changes).code == code
    assert futures.ledger()["algo_orders"] == []


def test_cancels_and_what_they_meet(paper, futures):
    """By either id once, then -2011; all of a contract at once; -4117 while it triggers."""
    _place(paper, clientAlgoId="one")
    assert _place(paper, clientAlgoId="one").code == -4116
    by_id = {"clientAlgoId": "one"}
    assert signed(paper, "DELETE", "/fapi/v1/algoOrder", **by_id).json["code"] == "200"
    assert signed(paper, "DELETE", "/fapi/v1/algoOrder", **by_id).code == -2011
    _place(paper, clientAlgoId="two")
    signed(paper, "DELETE", "/fapi/v1/algoOpenOrders", symbol="BTCUSDT")
    assert _query(paper, "two")["algoStatus"] == "CANCELED"
    futures.hold_triggers(60_000)
    try:
        _place(paper, clientAlgoId="held")
        futures.set_price("BTCUSDT", 58000)
        assert _query(paper, "held")["algoStatus"] == "TRIGGERING"
        assert signed(paper, "DELETE", "/fapi/v1/algoOrder", clientAlgoId="held").code == -4117
    finally:
        futures.hold_triggers(0)
    eventually(lambda: _query(paper, "held")["algoStatus"] == "REJECTED")
    rows = signed(paper, "GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT").json
    assert [r["algoStatus"] for r in rows] == ["CANCELED", "CANCELED", "REJECTED"]


def test_ccxt_reads_the_codes(swap, futures):
    """ccxt's own class for a stop that would trigger at once, and its lookup by client id."""
    params = {"clientOrderId": "s", "stopLossPrice": "60500", "reduceOnly": True}
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        swap.create_order(BTC, "market", "sell", "0.1", None, params)
    swap.create_order(BTC, "market", "sell", "0.1", None, params | {"stopLossPrice": "59000"})
    found = swap.fetch_order(None, BTC, {"clientOrderId": "s", "trigger": True})
    assert (found["clientOrderId"], found["status"]) == ("s", "open")
    swap.cancel_order(found["id"], BTC, {"trigger": True})


def test_a_batch_answers_each_by_itself(paper, futures):
    """Good and bad orders side by side, in the order in which they were sent; six are too many."""
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
    }
    rows = [
        order | {"price": p, "newClientOrderId": f"b{n}"} for n, p in enumerate((50000, 1, 51000))
    ]
    reply = signed(paper, "POST", "/fapi/v1/batchOrders", batchOrders=json.dumps(rows))
    answers = reply.json
    assert [a.get("clientOrderId", a.get("code")) for a in answers] == ["b0", -4164, "b2"]
    assert paper.control.stats()["placed_client_ids"] == {"b0": 1, "b2": 1}
    many = json.dumps([rows[0]] * 6)
    assert signed(paper, "POST", "/fapi/v1/batchOrders", batchOrders=many).code == -4082
    ids = json.dumps(["b0", "nobody"])
    canceled = signed(
        paper, "DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", origClientOrderIdList=ids
    ).json
    assert [c.get("status", c.get("code")) for c in canceled] == ["CANCELED", -2011]


def test_the_dead_mans_switch(paper, futures):
    """Zero takes it away; at its end every order of the contract goes, conditional ones stay."""
    path, contract = "/fapi/v1/countdownCancelAll", {"symbol": "BTCUSDT"}
    place_future(paper, newClientOrderId="a")
    _place(paper, clientAlgoId="stays")
    signed(paper, "POST", path, **contract, countdownTime=60_000)
    signed(paper, "POST", path, **contract, countdownTime=0)
    paper.control.set_clock(70_000)
    assert futures.orders()[-1]["status"] == "NEW"
    paper.control.set_clock(0)
    signed(paper, "POST", path, **contract, countdownTime=100)
    eventually(lambda: futures.orders()[-1]["status"] == "CANCELED")
    assert _query(paper, "stays")["algoStatus"] == "NEW"
