"""Orders of plans that were called over, and stand or trade at the exchange after all."""

from __future__ import annotations

import json

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.doubt import settling
from engine.execution.protection.protecting import protect_account
from engine.execution.reconciling import reconcile
from engine.execution.stopping import trading
from tests.desk import Desk
from tests.integration.futures.test_conditional import control, kept
from tests.integration.futures.test_trading import SYMBOL, trade

pytestmark = pytest.mark.integration
S = OrderStatus

TOO_MANY = json.dumps({"code": -1015, "msg": "Too many new orders."})


def waiting(desk: Desk) -> list[str]:
    """Return the client ids of the conditional orders that still wait at the exchange."""
    return [row["client_algo_id"] for row in kept(desk) if row["status"] == "NEW"]


def look(desk: Desk) -> None:
    """Do what beat asks for."""
    reconcile.reconcile(desk.context)
    protect_account(desk.context)
    desk.deliver().sweep()


def test_a_stop_that_a_person_denied_and_that_stands_does_not_outlive_its_plan(desk: Desk) -> None:
    """Its first copy was taken, the copy's refusal heard; nobody looked before the word."""
    control(desk).answer_status(400, TOO_MANY, None, method="POST", path="/fapi/v1/algoOrder")
    assert trade(desk, "buy", "1", stop_loss="90") is S.FILLED
    (stray,) = waiting(desk)
    trading.halt(desk.context, "a test")
    settling.settle_not_placed(desk.context, stray, "a person")
    assert desk.deliver().order(stray).status is S.DENIED
    look(desk)
    trading.resume(desk.context)
    look(desk)
    assert trade(desk, "sell", "1", reduce_only=True) is S.FILLED
    look(desk)
    look(desk)
    assert waiting(desk) == []
    assert desk.order(stray).status is S.CANCELED


def test_an_entry_that_a_person_denied_and_that_traded_is_guarded(desk: Desk) -> None:
    """Its plan was over with it; what it brought needs its stop."""
    control(desk).answer_status(400, TOO_MANY, None, method="POST", path="/fapi/v1/order")
    entry = desk.place(SYMBOL, "buy", quantity="1", stop_loss="90").client_order_id
    assert desk.deliver().order(entry).status is S.INITIALIZED
    trading.halt(desk.context, "a test")
    settling.settle_not_placed(desk.context, entry, "a person")
    assert desk.deliver().order(entry).status is S.DENIED
    look(desk)
    trading.resume(desk.context)
    look(desk)
    assert desk.order(entry).status is S.FILLED
    assert len(waiting(desk)) == 1


def test_an_entry_that_was_called_not_placed_and_fills_later_is_guarded(desk: Desk) -> None:
    """It rests: what it brings later needs its stop as much as what it brought at once."""
    control(desk).add_fault(method="POST", path="/fapi/v1/order", answer="drop")
    wish = {"order_type": "limit", "price": "99", "quantity": "1", "stop_loss": "90"}
    entry = desk.place(SYMBOL, "buy", **wish).client_order_id
    assert desk.carry_out(desk.messages.waiting.popleft()) is None
    desk.messages.waiting.clear()
    settling.settle_not_placed(desk.context, entry, "a person")
    assert desk.deliver().order(entry).status is S.REJECTED
    look(desk)
    assert desk.order(entry).status is S.ACCEPTED
    control(desk).fill("BTCUSDT", client_order_id=entry, quantity="0.4")
    look(desk)
    assert len(waiting(desk)) == 1
