"""A limit order kept at the touch: bounded, and never more than was wished."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.changing import Chase, ChaseEnd
from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus


def chased(market: Market, **bounds: Any) -> Any:
    """Place a chased order to buy one where the best bid of others is 99.90."""
    market.set_touch("99.90", "100.00")
    order = market.place("limit", "1", chase=Chase(**bounds))
    return market.deliver().order(order)


def test_it_rests_at_the_touch_and_follows(market: Market) -> None:
    """It begins at the best bid and moves when it is overtaken, not before."""
    first = chased(market)
    assert (first.status, first.terms.price) == (S.ACCEPTED, Decimal("99.90"))
    assert first.terms.post_only
    market.pass_time().pass_time()
    assert len(market.chain(first)) == 1
    market.set_touch("100.10", "100.20")
    market.pass_time().pass_time()
    first, second = market.chain(first)
    assert (first.status, second.status) == (S.CANCELED, S.ACCEPTED)
    assert second.terms.price == Decimal("100.10")
    assert second.chase is not None
    assert second.chase.moves == 1
    market.assert_equal()


def test_what_it_fills_on_the_way_counts(market: Market) -> None:
    """In the end exactly the wish is filled, over all orders of the chase."""
    first = chased(market)
    market.fill(first, "0.3")
    market.set_touch("100.10", "100.20")
    market.pass_time().pass_time()
    second = market.newest(first)
    assert second.quantity == Decimal("0.7")
    market.fill(second, "0.7")
    market.desk.sweep()
    assert sum(order.filled_quantity for order in market.chain(first)) == 1
    market.assert_equal()


@pytest.mark.parametrize("then", list(ChaseEnd))
def test_it_ends_at_its_bound(spot: Market, then: ChaseEnd) -> None:
    """Beyond the distance it rests, ends, or trades the rest at market."""
    first = chased(spot, most_away=Decimal("0.02"), then=then)
    spot.set_touch("100.10", "100.20")
    spot.pass_time().pass_time().pass_time()
    last = spot.newest(first)
    if then is ChaseEnd.REST:
        assert (last.status, last.terms.price) == (S.ACCEPTED, Decimal("99.90"))
        assert last.chase is not None
        assert last.chase.is_over
    elif then is ChaseEnd.CANCEL:
        assert (last.client_order_id, last.status) == (first.client_order_id, S.CANCELED)
    else:
        assert (last.status, last.filled_quantity) == (S.FILLED, 1)
    spot.assert_equal()


def test_it_moves_so_often_and_no_more(spot: Market) -> None:
    """The number of moves goes with the order from one to the next."""
    first = chased(spot, most_moves=2, most_away=5)
    for bid in ("100.00", "100.10", "100.15", "100.20"):
        spot.set_touch(bid, "100.30")
        spot.pass_time().pass_time()
    assert len(spot.chain(first)) == 3
    assert spot.newest(first).terms.price == Decimal("100.10")


def test_an_order_that_would_trade_at_once_is_tried_again(market: Market) -> None:
    """The price went through it on the way: the exchange refuses it, the chase goes on."""
    order = market.place("limit", "1", chase=Chase())
    market.set_touch("99.70", "99.80")  # Its price would now take an ask
    market.deliver().pass_time()
    first, *_, last = market.chain(order)
    assert first.status in {S.REJECTED, S.EXPIRED}
    assert (last.status, last.terms.price) == (S.ACCEPTED, Decimal("99.70"))
    market.assert_equal()


def test_a_cancel_ends_the_chase(spot: Market) -> None:
    """The first id is enough, in the middle of a move too."""
    first = chased(spot)
    spot.set_touch("100.10", "100.20")
    spot.desk.clock.pass_time(1_000)
    spot.pass_time(0)
    spot.desk.orders.cancel_order(first.client_order_id, wait=False)
    spot.deliver()
    for bid in ("100.06", "100.07"):
        spot.set_touch(bid, "100.10")
        spot.pass_time()
    assert spot.open_orders() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"chase": Chase(), "price": "99"}, "price is 99"),
        ({"chase": Chase(most_moves=0)}, "chase.most_moves is 0"),
        ({"chase": Chase(most_away=Decimal(50))}, "chase.most_away is 50"),
        ({"chase": Chase(), "time_in_force": "ioc"}, "chase is given"),
    ],
)
def test_a_chase_that_is_none(spot: Market, fields: dict[str, Any], said: str) -> None:
    """One sentence names field, value and what is allowed."""
    with pytest.raises(InvalidRequest, match=said):
        spot.place("limit", "1", **fields)
