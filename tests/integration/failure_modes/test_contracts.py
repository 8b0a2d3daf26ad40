"""What befalls accounts of contracts alone: takeovers, settlement, positions told late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import PositionState
from engine.execution.doubt import resolution
from engine.execution.placing import submission
from engine.execution.stopping import emergency
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.failure_modes.asking import alarms
from tests.integration.failure_modes.test_reset import go_on, ledger_epoch
from tests.paper import PaperExchange

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("market_type", ["futures"], indirect=True),
]
S = OrderStatus
WORD = "BTCUSDT"


@pytest.fixture(autouse=True)
def reopened(paper: PaperExchange) -> Iterator[None]:
    """Open the contract again that a test settled."""
    yield
    paper.control.futures.set_symbol(WORD, status="TRADING")


def hold(desk: Desk) -> list[Order]:
    """Be long, with an order that rests and a stop that waits; return those two."""
    desk.place(quantity="0.9")
    desk.deliver()
    resting = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    waiting = desk.place(
        side="sell", order_type="stop", quantity="0.9", trigger_price="90", reduce_only=True
    )
    desk.deliver()
    orders = [desk.order(one.client_order_id) for one in (resting, waiting)]
    assert [one.status for one in orders] == [S.ACCEPTED, S.ACCEPTED]
    return orders


def settle(desk: Desk) -> None:
    desk.control.settle(WORD, "101")


def liquidate(desk: Desk) -> None:
    desk.control.liquidate(WORD, uid=desk.uid)


def deleverage(desk: Desk) -> None:
    desk.control.adl(WORD, uid=desk.uid)


@pytest.mark.parametrize(
    ("befall", "is_ended"),
    [
        pytest.param(settle, True, id="settlement"),
        pytest.param(liquidate, True, id="liquidation"),
        pytest.param(deleverage, False, id="deleveraging"),
    ],
)
def test_a_position_that_the_exchange_takes(
    desk: Desk, befall: Callable[[Desk], None], is_ended: bool
) -> None:
    """It is flat by a stranger's trade, its profit is the exchange's, and what rested has ended."""
    resting, _ = hold(desk)
    befall(desk)
    desk.sweep()
    assert_equal_to_exchange(desk)
    position = desk.position()
    assert position is not None
    assert position.direction is PositionState.FLAT
    assert desk.order(resting.client_order_id).is_closed is is_ended


def test_an_order_of_contracts_that_the_exchange_ends_itself(desk: Desk) -> None:
    """As at a delisting: final with what it filled, its reservation freed."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    named = {"symbol": WORD, "client_order_id": order.client_order_id}
    desk.deliver().control.fill(**named, quantity="0.4")
    desk.control.call("expire", named)
    done = desk.sweep().sweep().order(order.client_order_id)
    assert (done.status, done.filled_quantity) == (S.EXPIRED, Decimal("0.4"))
    assert done.is_settled
    assert desk.context.store.load_risk_book().reservations == ()
    assert_equal_to_exchange(desk)


def test_a_trade_of_contracts_with_oneself_is_prevented(desk: Desk) -> None:
    """EXPIRED_IN_MATCH: the resting order settles with what it got, the other goes on."""
    desk.control.set_book(WORD, [("99.00", "50")], [("101.00", "50")])
    inside = {"order_type": "limit", "price": Decimal("100.00"), "quantity": 1}
    sale = desk.place(side="sell", **inside)
    desk.deliver()
    desk.control.fill(WORD, client_order_id=sale.client_order_id, quantity="0.3")
    purchase = desk.place(**inside)
    desk.deliver().sweep().sweep()
    ended, rests = (desk.order(one.client_order_id) for one in (sale, purchase))
    shown = {row["client_order_id"]: row["status"] for row in desk.exchange_orders()}
    assert shown[sale.client_order_id] == "EXPIRED_IN_MATCH"
    assert (ended.status, ended.filled_quantity) == (S.EXPIRED, Decimal("0.3"))
    assert ended.is_settled
    assert (rests.status, rests.fills) == (S.ACCEPTED, ())
    assert_equal_to_exchange(desk)


def test_a_test_network_that_forgets_contracts(desk: Desk) -> None:
    """What was held and open is gone there: a new ledger opens flat, and work goes on."""
    orders = hold(desk)
    desk.paper.control.reset()
    result = go_on(desk)
    assert (result.is_equal, ledger_epoch(desk)) == (True, 1)
    for order in orders:
        ended = desk.order(order.client_order_id)
        assert ended.reason is not None
        assert (ended.status, ended.reason.code) == (S.CANCELED, "LEDGER_RESET")
    new = desk.place(quantity="0.6")
    assert desk.deliver().order(new.client_order_id).status is S.FILLED
    position = desk.position()
    assert position is not None
    assert position.net_quantity == Decimal("0.6")
    assert Decimal(desk.control.position(WORD, uid=desk.uid)["quantity"]) == Decimal("0.6")
    assert go_on(desk).is_equal


@pytest.mark.parametrize(("days", "is_known"), [(2, True), (4, False)])
def test_a_doubt_that_is_older_than_contracts_are_remembered(
    desk: Desk, days: int, is_known: bool
) -> None:
    """Three days after its end a contract's order is unknown: absence proves nothing then."""
    drop = {"answer": "drop", "effect": False}
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.paper.control.add_fault(method="POST", path=desk.order_path, **drop)
    submission.submit_order(desk.context, order.client_order_id)
    desk.messages.waiting.clear()
    desk.paper.control.set_clock(days * 86_400_000)
    resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).is_in_doubt is not is_known
    assert any("order settle" in told for told in alarms(desk)) is not is_known


def test_positions_that_are_told_late(desk: Desk) -> None:
    """An emergency stop believes neither itself nor the exchange alone: it goes on until both."""
    hold(desk)
    row = {"symbol": WORD, "positionSide": "BOTH", "positionAmt": "0.9", "entryPrice": "100"}
    late = json.dumps([row | {"markPrice": "100", "liquidationPrice": "0"}])
    desk.control.add_fault(
        method="GET",
        path="/fapi/v3/positionRisk",
        key=desk.key,
        answer="status",
        status=200,
        body=late,
        effect=False,
        count=None,
    )
    emergency.begin_emergency(desk.context, "a test")
    pending = emergency.work_emergency(desk.context, 3_000)
    assert pending is not None
    assert not pending.is_over
    desk.paper.control.clear_faults()
    run = emergency.work_emergency(desk.context, 30_000)
    assert run is not None
    assert run.is_clean, run.problems
    assert len(run.sales) == 1, "sold once, however often it was told again"
    assert_equal_to_exchange(desk)
