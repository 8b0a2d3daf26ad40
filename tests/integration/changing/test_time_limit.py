"""Orders that end after a time: by the store's clock, whoever is alive by then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from engine.execution.looks import sweep
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus


def test_an_order_ends_after_its_time(market: Market) -> None:
    """Not before; what it has filled stays."""
    order = market.rest(cancel_after_ms=60_000)
    market.fill(order, "0.4")
    market.pass_time(55_000)
    assert market.order(order).cancel_requested_at_ms is None
    market.pass_time(6_000).pass_time()
    ended = market.order(order)
    assert (ended.status, ended.filled_quantity) == (S.CANCELED, Decimal("0.4"))
    assert market.open_orders() == []
    market.assert_equal()


def test_it_outlives_every_process_and_message(spot: Market) -> None:
    """A new process finds the limit in the store, and that alone makes a sweep due."""
    order = spot.rest(cancel_after_ms=60_000)
    spot.desk.messages.take()
    spot.desk.restart_engine()
    spot.desk.clock.pass_time(61_000)
    assert sweep.is_sweep_due(spot.desk.engine.store, "desk")
    spot.pass_time(0).pass_time(5_000)
    assert spot.order(order).status is S.CANCELED


def test_an_unsent_order_ends_unsent(spot: Market) -> None:
    """Nobody carries it out for so long: it never leaves."""
    order = spot.place("limit", "1", price=Decimal("99.50"), cancel_after_ms=5_000)
    spot.desk.messages.take()
    spot.pass_time(6_000)
    assert spot.order(order).status is S.DENIED
    assert spot.exchange_orders() == []


def test_the_limit_goes_on_with_the_successor(spot: Market) -> None:
    """Its time counts from the first record."""
    order = spot.rest(cancel_after_ms=60_000)
    spot.desk.clock.pass_time(30_000)
    spot.modify(order, price="99.60")
    new = spot.deliver().newest(order)
    assert new.cancel_at_ms == order.cancel_at_ms
    spot.pass_time(31_000).pass_time()
    assert spot.order(new).status is S.CANCELED


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cancel_after_ms": 0}, "cancel_after_ms is 0"),
        ({"cancel_after_ms": 1.5}, "cancel_after_ms is 1.5"),
        ({"cancel_after_ms": 10**12}, "a year"),
        ({"cancel_after_ms": 1_000, "time_in_force": "ioc"}, "ends at once"),
    ],
)
def test_a_limit_that_is_none(spot: Market, fields: dict[str, Any], said: str) -> None:
    """One sentence names field, value and what is allowed."""
    with pytest.raises(InvalidRequest, match=said):
        spot.place("limit", "1", price=Decimal("99.50"), **fields)
