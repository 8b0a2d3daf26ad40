"""Which lane an order leaves by: what guards or closes a position does not queue behind entries."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.lanes import Lane, submit_lane
from engine.domain.order_terms import OrderType, TimeInForce
from engine.domain.watched import index_order
from tests.builders import build_order, build_terms

LIMIT, MARKET, STOP = OrderType.LIMIT, OrderType.MARKET, OrderType.STOP


@pytest.mark.parametrize(
    ("order", "terms", "lane"),
    [
        ({}, {}, Lane.SUBMIT),
        ({}, {"order_type": MARKET}, Lane.SUBMIT),
        ({"protection": "plan"}, {}, Lane.EXIT),
        ({"client_order_id": "plan", "protection": "plan"}, {}, Lane.SUBMIT),
        ({"protection": "plan", "replaces": "plan"}, {}, Lane.SUBMIT),
        ({}, {"order_type": MARKET, "reduce_only": True}, Lane.EXIT),
        ({}, {"time_in_force": TimeInForce.IOC, "reduce_only": True}, Lane.EXIT),
        ({}, {"order_type": STOP, "reduce_only": True}, Lane.EXIT),
        ({}, {"order_type": STOP, "close_position": True}, Lane.EXIT),
        ({}, {"order_type": STOP}, Lane.SUBMIT),
        ({}, {"reduce_only": True}, Lane.SUBMIT),
        ({"emergency_run": "run", "protection": "plan"}, {}, Lane.EMERGENCY),
    ],
    ids=[
        *("entry", "entry at market", "leg", "a plan's entry", "in the place of a plan's entry"),
        *("closing at market", "closing at once", "closing stop", "stop of all", "entering stop"),
        *("closing limit that rests", "flatten order"),
    ],
)
def test_what_guards_or_closes_has_a_lane_of_its_own(
    order: dict[str, Any], terms: dict[str, Any], lane: Lane
) -> None:
    """The index that the sweep reads says the same."""
    built = build_order(terms=build_terms(**terms), **order)
    assert submit_lane(built) is lane
    assert index_order(built).lane is lane
