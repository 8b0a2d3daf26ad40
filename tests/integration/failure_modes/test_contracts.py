"""What befalls accounts of contracts alone: takeovers, settlement, positions told late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import PositionState
from engine.execution.stopping import emergency
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
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
