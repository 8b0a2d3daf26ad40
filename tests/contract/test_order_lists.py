"""Spot orders that stand together: OCO, OTO and OTOCO, by their raw requests."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tests.contract.raw import signed
from tests.paper import PaperExchange

_OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.01",
    "aboveType": "LIMIT_MAKER",
    "aboveClientOrderId": "profit",
    "abovePrice": "62000",
    "belowType": "STOP_LOSS",
    "belowClientOrderId": "stop",
    "belowStopPrice": "58000",
    "listClientOrderId": "pair",
}
_WORKING = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59000",
    "workingQuantity": "0.01",
    "workingTimeInForce": "GTC",
    "workingClientOrderId": "entry",
    "pendingSide": "SELL",
    "pendingQuantity": "0.00999",  # What is left of 0.01 after the fee
    "listClientOrderId": "chain",
}
_BRACKET = _WORKING | {
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAboveClientOrderId": "profit",
    "pendingAbovePrice": "62000",
    "pendingBelowType": "STOP_LOSS_LIMIT",
    "pendingBelowClientOrderId": "stop",
    "pendingBelowPrice": "57900",
    "pendingBelowStopPrice": "58000",
    "pendingBelowTimeInForce": "GTC",
}


def _list(paper, kind: str, order: dict[str, str], **changes: object):
    return signed(paper, "POST", f"/api/v3/orderList/{kind}", **(order | changes))


def _statuses(control) -> dict[str, str]:
    """Return the status of each order by its first client id."""
    return {o["client_order_ids"][0]: o["status"] for o in control.orders()}


def _state(paper) -> str:
    return signed(paper, "GET", "/api/v3/orderList", orderListId=1).json["listOrderStatus"]


@pytest.fixture
def holding(control):
    """Give the control of an account that has bitcoins to sell."""
    control.deposit("BTC", "0.01")
    return control


def test_one_leg_ends_the_other(paper, holding):
    """Both legs lock the coins once; a part of the limit leg ends the stop and keeps the lock."""
    placed = _list(paper, "oco", _OCO).json
    assert (placed["contingencyType"], placed["listOrderStatus"]) == ("OCO", "EXECUTING")
    assert [o["clientOrderId"] for o in placed["orders"]] == ["profit", "stop"]
    assert holding.balances()["BTC"] == {"free": "0.00000000", "locked": "0.01000000"}
    holding.fill("BTCUSDT", client_order_id="profit", quantity="0.004")
    assert _statuses(holding) == {"profit": "PARTIALLY_FILLED", "stop": "EXPIRED"}
    assert holding.balances()["BTC"]["locked"] == "0.00600000"
    assert _state(paper) == "EXECUTING"
    holding.fill("BTCUSDT", client_order_id="profit")
    assert _statuses(holding)["profit"] == "FILLED"
    assert _state(paper) == "ALL_DONE"


def test_a_triggered_stop_ends_the_limit_leg(paper, holding):
    """The price falls through the stop: it sells, and the limit leg is expired by it."""
    _list(paper, "oco", _OCO)
    holding.set_price("BTCUSDT", 57900)
    assert _statuses(holding) == {"profit": "EXPIRED", "stop": "FILLED"}
    assert holding.balances()["BTC"] == {"free": "0.00000000", "locked": "0.00000000"}
    reasons = {o["client_order_id"]: o["expiry_reason"] for o in holding.orders()}
    assert reasons["profit"] == "OCO_TRIGGER"


@pytest.mark.parametrize("by", ["leg", "list"])
def test_cancelling_one_cancels_all(paper, holding, by):
    """A cancel of one leg, or of the list, ends both and frees the coins."""
    _list(paper, "oco", _OCO)
    if by == "leg":
        ids = {"origClientOrderId": "stop"}
        assert signed(paper, "DELETE", "/api/v3/order", symbol="BTCUSDT", **ids).status == 200
    else:
        ids = {"listClientOrderId": "pair"}
        reply = signed(paper, "DELETE", "/api/v3/orderList", symbol="BTCUSDT", **ids).json
        assert {r["origClientOrderId"] for r in reply["orderReports"]} == {"profit", "stop"}
    assert _statuses(holding) == {"profit": "CANCELED", "stop": "CANCELED"}
    assert holding.balances()["BTC"] == {"free": "0.01000000", "locked": "0.00000000"}
    assert signed(paper, "GET", "/api/v3/openOrderList").json == []
    ids = {"listClientOrderId": "pair"}
    assert signed(paper, "DELETE", "/api/v3/orderList", symbol="BTCUSDT", **ids).code == -2011


def test_a_bracket_waits_for_its_entry(paper, control):
    """OTOCO: the pair is PENDING_NEW until the entry is filled whole, then it protects it."""
    placed = _list(paper, "otoco", _BRACKET).json
    assert [r["status"] for r in placed["orderReports"]] == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    control.fill("BTCUSDT", client_order_id="entry", quantity="0.004")
    assert _statuses(control)["profit"] == "PENDING_NEW"
    control.fill("BTCUSDT", client_order_id="entry")
    assert _statuses(control) == {"entry": "FILLED", "profit": "NEW", "stop": "NEW"}
    assert control.balances()["BTC"] == {"free": "0.00000000", "locked": "0.00999000"}
    control.set_price("BTCUSDT", 62500)
    assert _statuses(control) == {"entry": "FILLED", "profit": "FILLED", "stop": "EXPIRED"}
    assert _state(paper) == "ALL_DONE"


def test_what_waits_ends_with_its_entry(paper, control):
    """A cancelled entry expires what waited for it; the order book never saw it."""
    _list(paper, "otoco", _BRACKET)
    ids = {"origClientOrderId": "entry"}
    signed(paper, "DELETE", "/api/v3/order", symbol="BTCUSDT", **ids)
    assert _statuses(control) == {"entry": "CANCELED", "profit": "EXPIRED", "stop": "EXPIRED"}
    assert control.balances()["USDT"] == {"free": "10000.00000000", "locked": "0.00000000"}


def test_an_order_that_the_entry_does_not_pay_for_expires(paper, control):
    """OTO: selling more than the entry brought is refused at its turn, and says so."""
    pending = {"pendingType": "LIMIT_MAKER", "pendingPrice": "62000", "pendingQuantity": "0.01"}
    _list(paper, "oto", _WORKING, **pending, pendingClientOrderId="exit")
    control.fill("BTCUSDT", client_order_id="entry")
    (exit_,) = [o for o in control.orders() if o["client_order_id"] == "exit"]
    assert (exit_["status"], exit_["expiry_reason"]) == ("EXPIRED", "REJECTED")
    assert control.balances()["BTC"] == {"free": "0.00999000", "locked": "0.00000000"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"abovePrice": "57000", "belowStopPrice": "58000"}, -2010),
        ({"aboveType": "STOP_LOSS"}, -1106),
        ({"belowStopPrice": "61000"}, -2010),
        ({"quantity": "1"}, -2010),
        ({"belowClientOrderId": "profit"}, -1158),
        ({"belowType": None}, -1102),
        ({"nonsense": "1"}, -1104),
    ],
)
def test_refused_lists_leave_nothing(paper, holding, changes, code):
    """A list is taken in whole or not at all."""
    assert _list(paper, "oco", _OCO, **changes).code == code
    assert holding.orders() == []
    assert holding.balances()["BTC"]["locked"] == "0.00000000"


def test_a_list_counts_as_its_orders(paper, holding):
    """Two unfilled orders of an OCO; their client ids are counted as placed."""
    paper.control.set_limits(forget=True)
    reply = _list(paper, "oco", _OCO)
    assert reply.headers["x-mbx-order-count-10s"] == "2"
    assert holding.stats()["placed_client_ids"] == {"profit": 1, "stop": 1}
    assert D(reply.json["orderReports"][0]["origQty"]) == D("0.01")


def test_a_bracket_survives_a_kill(tmp_path):
    """What waits still waits after a restart, and begins when its entry fills."""
    with PaperExchange(data_dir=tmp_path) as exchange:
        assert _list(exchange, "otoco", _BRACKET).status == 200
        before = exchange.control.ledger()
        exchange.kill()
        exchange.start()
        control = exchange.control
        assert control.ledger() == before
        control.fill("BTCUSDT", client_order_id="entry")
        assert _statuses(control) == {"entry": "FILLED", "profit": "NEW", "stop": "NEW"}
        control.set_price("BTCUSDT", 57000)
        assert _statuses(control)["profit"] == "EXPIRED"
        assert _statuses(control)["stop"] == "NEW"  # Its limit of 57900 is above the market now
        assert _state(exchange) == "EXECUTING"
