"""Are positions guarded, and nothing else? Told from both sides, with each mistake planted once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.protection import Protection
from tests.builders import build_fill, build_instrument, build_order, build_protection, build_terms
from workers.chaos.guards import Guards, Seen, check_guards
from workers.chaos.market import GUARDED
from workers.chaos.own_orders import own_intents
from workers.chaos.proof import Intent
from workers.chaos.working import Working, contracts_working

SIDES = st.sampled_from(Side)
QUANTITIES = st.integers(min_value=1, max_value=50).map(Decimal)
OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class Bracket:
    """A position that an entry made, its stop and its target; tests change one of them."""

    def __init__(self, side: Side, quantity: Decimal, symbol: str = "BTC/USDT") -> None:
        self.symbol, self.side, self.held = symbol, side, quantity
        entry = self._order("entry", side, OrderType.MARKET, quantity)
        fill = build_fill(symbol=symbol, side=side, quantity=quantity)
        self.entry = replace(entry, fills=(fill,), status=OrderStatus.FILLED)
        self.stop = self._order("stop", OTHER[side], OrderType.STOP, quantity)
        self.target = self._order("target", OTHER[side], OrderType.LIMIT, quantity)
        self.works = {"stop": quantity, "target": quantity}
        below, above = Decimal(90), Decimal(110)
        prices = (below, above) if side is Side.BUY else (above, below)
        plan = build_protection(
            plan_id="entry",
            entry_id="entry",
            position=symbol,
            side=side,
            stop_price=prices[0],
            target_price=prices[1],
        )
        self.plans: list[Protection] = [plan]

    def check(self) -> Guards:
        word = self.symbol.replace("/", "")
        working = Working(
            remaining=self.works,
            positions={word: self.held * self.side.sign},
            prices={word: "100"},
        )
        orders = [self.entry, self.stop, self.target]
        rules = {self.symbol: build_instrument(symbol=self.symbol)}
        return check_guards(Seen(plans=self.plans, orders=orders, working=working, rules=rules))

    def _order(self, name: str, side: Side, order_type: OrderType, quantity: Decimal) -> Order:
        terms = build_terms(symbol=self.symbol, side=side, order_type=order_type, quantity=quantity)
        return build_order(client_order_id=name, protection="entry", terms=terms)


@given(side=SIDES, quantity=QUANTITIES, symbol=st.sampled_from(["BTC/USDT", GUARDED[0]]))
def test_a_whole_bracket_holds(side: Side, quantity: Decimal, symbol: str):
    """Long and short, where others trade and where brackets alone do."""
    assert Bracket(side, quantity, symbol).check() == Guards()


@given(side=SIDES, quantity=QUANTITIES, role=st.sampled_from(["stop", "target"]))
def test_less_than_is_held_is_unprotected_and_more_outlives(
    side: Side, quantity: Decimal, role: str
):
    """By the least step, of the stop as of the target."""
    step = build_instrument().quantity_step
    bracket = Bracket(side, quantity)
    bracket.works[role] = quantity - step
    less = bracket.check()
    bracket.works[role] = quantity + step
    more = bracket.check()

    assert (len(less.unprotected), len(less.outliving)) == (1, 0)
    assert (len(more.unprotected), len(more.outliving)) == (0, 1)


@given(side=SIDES, quantity=QUANTITIES)
def test_legs_outlive_a_position_that_is_gone_and_a_plan_that_is_over(
    side: Side, quantity: Decimal
):
    """Somebody closed the position; or the plan is over, and its legs work on."""
    gone = Bracket(side, quantity)
    gone.held = Decimal(0)
    over = Bracket(side, quantity)
    over.plans.clear()

    assert len(gone.check().outliving) == len(over.check().outliving) == 2


@given(side=SIDES, quantity=QUANTITIES)
def test_a_plan_that_gave_up_leaves_a_bare_position(side: Side, quantity: Decimal):
    """Seen where brackets alone trade: no plan lives, and the position is still there."""
    bracket = Bracket(side, quantity, GUARDED[0])
    bracket.plans.clear()
    bracket.works.clear()

    assert len(bracket.check().unprotected) == 1


def test_what_is_too_little_to_be_ordered_may_stay():
    """Dust, of which nothing can be sold."""
    bracket = Bracket(Side.BUY, Decimal("0.01"), GUARDED[0])
    bracket.plans.clear()
    bracket.works.clear()

    assert bracket.check() == Guards()


@pytest.mark.parametrize(
    ("changes", "is_asked_for"),
    [
        ({"protection": "entry"}, True),
        ({"protection": "another"}, False),
        ({"replaces": "entry"}, True),
        ({"replaces": "entry", "protection": "entry"}, True),
        ({"replaces": "another"}, False),
        ({"emergency_run": "run"}, True),
        ({}, False),
    ],
)
def test_our_own_orders_follow_from_one_that_was_wanted(
    changes: dict[str, Any], is_asked_for: bool
):
    """What guards a wanted entry, takes a wanted order's place, or flattens; nothing else."""
    order = build_order(client_order_id="own", **changes)
    found = own_intents([Intent(client_order_id="entry")], [order])

    assert [one.client_order_id for one in found] == ["own"] * is_asked_for


def test_a_successor_of_a_successor_is_asked_for():
    """In whatever order they are read."""
    first = build_order(client_order_id="b", replaces="a", created_at_ms=1)
    second = build_order(client_order_id="c", replaces="b", created_at_ms=2)

    assert len(own_intents([Intent(client_order_id="a")], [second, first])) == 2


@pytest.mark.parametrize(
    ("status", "child", "works"),
    [
        ("NEW", None, "3"),
        ("CANCELED", None, "0"),
        ("TRIGGERED", "NEW", "2"),
        ("TRIGGERED", "FILLED", "0"),
    ],
)
def test_a_conditional_order_works_through_its_child(status: str, child: str | None, works: str):
    """Until its trigger is touched with all of it, then with what its child has left."""
    common = {"uid": 7, "symbol": "BTCUSDT", "side": "SELL", "quantity": "3.0"}
    row = {"client_order_id": "child", "order_id": 1, "filled_quantity": "1.0"}
    ledger = {
        "accounts": {"7": {"wallets": {}, "positions": []}},
        "orders": [{**common, **row, "filled_quote": "100.0", "status": child}] if child else [],
        "algo_orders": [
            {**common, "client_algo_id": "stop", "status": status, "child_order_id": bool(child)}
        ],
        "trades": [],
        "income": [],
        "last_prices": {},
    }

    assert contracts_working(ledger, "7").remaining["stop"] == Decimal(works)
