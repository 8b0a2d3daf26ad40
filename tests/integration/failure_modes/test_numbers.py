"""Numbers on the wire: exact, or refused before anything is written down."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration
S = OrderStatus


def test_floats_arrive_as_they_were_written(desk: Desk) -> None:
    """0.1 is a tenth and 99.3 is 99.30, whatever a computer makes of them."""
    order = desk.place(order_type="limit", quantity=0.1, price=99.3)
    desk.deliver()
    (theirs,) = desk.exchange_orders()
    assert (theirs["quantity"], theirs["price"]) == ("0.10000000", "99.30000000")
    assert desk.order(order.client_order_id).status is S.ACCEPTED
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"quantity": 0.1 + 0.2}, "quantity is 0.30000000000000004"),
        ({"order_type": "limit", "quantity": 1, "price": 33.1 * 3}, "price is 99.30000000000001"),
    ],
)
def test_the_noise_of_floats_is_refused_by_name(
    desk: Desk, terms: dict[str, float], words: str
) -> None:
    """Nothing is rounded in silence: the sentence names the number as it came."""
    with pytest.raises(InvalidRequest) as refused:
        desk.place(**terms)
    assert words in str(refused.value)
    assert desk.deliver().exchange_orders() == []


def test_a_market_order_is_never_one_by_amount(desk: Desk) -> None:
    """A price beside a market order would make it one: refused here, and none is ever sent."""
    with pytest.raises(InvalidRequest, match="price is 100; a market order takes none"):
        desk.place(quantity=1, price=Decimal(100))
    order = desk.place(quantity=Decimal("0.3"))
    done = desk.deliver().order(order.client_order_id)
    (theirs,) = desk.exchange_orders()
    assert (theirs["quote_quantity"], theirs["quantity"]) == ("0.00000000", "0.30000000")
    assert done.filled_quantity == Decimal("0.3")
    assert_equal_to_exchange(desk)
