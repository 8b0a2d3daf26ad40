"""What the exchange refuses of contracts, with codes of their own: final, and never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.reconciling import reconcile
from tests.contract.raw import signed
from tests.desk import Desk
from tests.integration.failure_modes.asking import LIMIT, sent
from tests.paper import PaperExchange

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("market_type", ["futures"], indirect=True),
]
S = OrderStatus
WORD = "BTCUSDT"
RULES = {"status": "TRADING", "tick_size": "0.1", "step_size": "0.001", "min_notional": "50"}


@pytest.fixture(autouse=True)
def first_rules(paper: PaperExchange) -> Iterator[None]:
    """Change back what a test changes of the contract."""
    yield
    paper.control.futures.set_symbol(WORD, max_orders=200, **RULES)


def change(**changes: object) -> Callable[[Desk, Order], None]:
    return lambda desk, order: desk.control.set_symbol(WORD, **changes)


def disable(desk: Desk, order: Order) -> None:
    desk.control.set_account(desk.uid, can_trade=False)


def take_margin(desk: Desk, order: Order) -> None:
    desk.control.withdraw("USDT", 999_990, uid=desk.uid)


def rest_by_hand(desk: Desk, order: Order) -> None:
    """Use the one place for an open order that the contract has left."""
    desk.control.set_symbol(WORD, max_orders=1)
    words = {"symbol": WORD, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    desk.control.place(words | {"quantity": "1", "price": "90.00"}, key=desk.key)


def pass_the_trigger(desk: Desk, order: Order) -> None:
    desk.control.set_price(WORD, 110)


def hedge_by_hand(desk: Desk, order: Order) -> None:
    """Change the position mode right after we have asked for it."""
    desk.context.gateway.prepare_submit(order, nonce="asked")
    words = {"key": desk.key, "secret": "secret", "dualSidePosition": "true"}
    assert signed(desk.paper, "POST", "/fapi/v1/positionSide/dual", **words).status == 200


def leave(desk: Desk, order: Order) -> None:
    """Nothing need happen: the order itself is one that the exchange refuses."""


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """What changes at the exchange between our checks and the order's arrival."""

    happens: Callable[[Desk, Order], None] = leave
    code: str
    terms: dict[str, Any]


STOP = {"order_type": "stop", "quantity": 1, "trigger_price": Decimal(105)}
POST_ONLY = LIMIT | {"price": Decimal("100.50"), "post_only": True}
ALL_OR_NOTHING = LIMIT | {"quantity": 2, "price": Decimal(100), "time_in_force": "fok"}
SURPRISES = {
    "the account is disabled": Surprise(happens=disable, code="-2010", terms=LIMIT),
    "the margin is gone": Surprise(happens=take_margin, code="-2019", terms=LIMIT),
    "the smallest value has grown": Surprise(
        happens=change(min_notional="500"), code="-4164", terms=LIMIT
    ),
    "the tick has grown": Surprise(happens=change(tick_size="0.3"), code="-4014", terms=LIMIT),
    "the step has grown": Surprise(happens=change(step_size="0.3"), code="-4023", terms=LIMIT),
    "a digit is gone": Surprise(happens=change(tick_size="1"), code="-1111", terms=LIMIT),
    "too many orders are open": Surprise(happens=rest_by_hand, code="-2025", terms=LIMIT),
    "a post-only order would take": Surprise(code="-5022", terms=POST_ONLY),
    "a fill-or-kill order cannot be filled": Surprise(code="-5021", terms=ALL_OR_NOTHING),
    "the stop would trigger at once": Surprise(happens=pass_the_trigger, code="-2021", terms=STOP),
    "the position mode is another": Surprise(happens=hedge_by_hand, code="-4061", terms=LIMIT),
    "the contract is halted": Surprise(
        happens=change(status="PENDING_TRADING"), code="-4108", terms=LIMIT
    ),
}


def assert_refused(desk: Desk, order: Order, code: str) -> None:
    """It ended with the exchange's code, was sent once, holds nothing, and is nowhere."""
    done = desk.deliver().sweep().order(order.client_order_id)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert (done.reason.code, sent(desk, order)) == (code, 1)
    assert desk.paper.control.stats()["codes"][code] == 1
    assert desk.context.store.load_risk_book().reservations == ()
    assert order.client_order_id not in {name for name, _ in desk.exchange_fills()}


@pytest.mark.parametrize("name", SURPRISES)
def test_a_refusal_of_contracts_is_final(desk: Desk, name: str) -> None:
    """Whatever its code: refused in the exchange's words, and not a doubt."""
    surprise = SURPRISES[name]
    order = desk.place(**surprise.terms)
    surprise.happens(desk, order)
    desk.paper.control.clear_stats()
    assert_refused(desk, order, surprise.code)


def test_a_reduce_only_order_whose_position_is_gone(desk: Desk) -> None:
    """Somebody closed it meanwhile: the exchange refuses, nothing is opened, both are flat."""
    desk.place(quantity=1)
    desk.deliver()
    order = desk.place(side="sell", quantity=1, reduce_only=True)
    words = {"symbol": WORD, "side": "SELL", "type": "MARKET", "quantity": "1"}
    desk.control.place(words, key=desk.key)
    desk.paper.control.clear_stats()
    assert_refused(desk, order, "-2022")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    position = desk.deliver().position()
    assert position is not None
    assert position.net_quantity == 0
    assert Decimal(desk.control.position(WORD, uid=desk.uid)["quantity"]) == 0
