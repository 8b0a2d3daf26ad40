"""Changing what is already placed: cancel-replace on spot, amending on futures."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tests.contract.raw import place, place_future, signed

_NEW = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "51000",
    "newClientOrderId": "new",
    "cancelOrigClientOrderId": "old",
}


def _replace(paper, mode: str = "STOP_ON_FAILURE", **changes: object):
    order = _NEW | {"cancelReplaceMode": mode} | changes
    return signed(paper, "POST", "/api/v3/order/cancelReplace", **order)


@pytest.mark.parametrize(
    ("mode", "changes", "status", "code", "results", "ends"),
    [
        ("STOP_ON_FAILURE", {}, 200, None, ("SUCCESS", "SUCCESS"), ("CANCELED", "NEW")),
        (
            "STOP_ON_FAILURE",
            {"quantity": "5"},
            409,
            -2021,
            ("SUCCESS", "FAILURE"),
            ("CANCELED", None),
        ),
        (
            "STOP_ON_FAILURE",
            {"cancelOrigClientOrderId": "nobody"},
            400,
            -2022,
            ("FAILURE", "NOT_ATTEMPTED"),
            ("NEW", None),
        ),
        (
            "ALLOW_FAILURE",
            {"cancelOrigClientOrderId": "nobody"},
            409,
            -2021,
            ("FAILURE", "SUCCESS"),
            ("NEW", "NEW"),
        ),
        (
            "ALLOW_FAILURE",
            {"cancelOrigClientOrderId": "nobody", "quantity": "5"},
            400,
            -2022,
            ("FAILURE", "FAILURE"),
            ("NEW", None),
        ),
    ],
)
def test_each_half_may_fail(paper, control, mode, changes, status, code, results, ends):
    """Both outcomes are told, and what succeeded stays, also when the other half failed."""
    place(paper, newClientOrderId="old")
    control.clear_stats()
    reply = _replace(paper, mode, **changes)
    assert (reply.status, reply.code) == (status, code)
    body = reply.json if status == 200 else reply.json["data"]
    assert (body["cancelResult"], body["newOrderResult"]) == results
    statuses = {o["client_order_ids"][0]: o["status"] for o in control.orders()}
    assert (statuses["old"], statuses.get("new")) == ends
    placed = {"new": 1} if results[1] == "SUCCESS" else {}
    assert control.stats()["placed_client_ids"] == placed


def _amend(paper, **changes: object):
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "origClientOrderId": "a",
        "quantity": "0.02",
        "price": "51000",
    }
    return signed(paper, "PUT", "/fapi/v1/order", **(order | changes))


def test_an_amended_order_keeps_its_ids(paper, futures):
    """Quantity and price change in place, what is filled stays, and the margin follows."""
    placed = place_future(paper, newClientOrderId="a").json
    futures.fill("BTCUSDT", client_order_id="a", quantity="0.004")
    amended = _amend(paper).json
    assert (amended["orderId"], amended["clientOrderId"]) == (placed["orderId"], "a")
    assert (amended["origQty"], amended["executedQty"]) == ("0.02000000", "0.00400000")
    assert (amended["status"], D(amended["price"])) == ("PARTIALLY_FILLED", 51_000)
    row = signed(paper, "GET", "/fapi/v3/positionRisk", symbol="BTCUSDT").json[0]
    assert D(row["bidNotional"]) == D("0.016") * 51_000
    assert _amend(paper).code == -5027
    assert _amend(paper, quantity="0.004").json["status"] == "CANCELED"
    assert _amend(paper).code == -2013


def test_an_amended_order_may_take_and_may_not_exceed(paper, futures):
    """A price through the book trades at once; more than the margin allows changes nothing."""
    place_future(paper, newClientOrderId="a")
    assert _amend(paper, quantity="5").code == -2019
    assert futures.orders()[-1]["quantity"] == "0.01000000"
    assert _amend(paper, price="60500").json["status"] == "FILLED"
    assert D(futures.position("BTCUSDT")["quantity"]) == D("0.02")
