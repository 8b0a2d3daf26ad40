"""Orders on a real wire: after each, everything equals the exchange's ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.markets import later_on_both_markets

pytestmark = pytest.mark.integration
S = OrderStatus


def test_a_market_buy(desk: Desk) -> None:
    """A market order walks the book and is booked whole, fee in the received coin."""
    order = desk.place(quantity=Decimal("0.8"))
    assert order.status is S.INITIALIZED
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.FILLED
    assert done.is_settled
    # 0.5 at 100.00 and 0.3 at 100.01: (50 + 30.003) / 0.8
    assert done.average_price == Decimal("100.00375")
    assert_equal_to_exchange(desk)


def test_a_market_buy_by_quote_amount(desk: Desk) -> None:
    """The quantity of an order by amount is what the exchange made of it."""
    order = desk.place(quote_quantity=Decimal(20))
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.FILLED
    assert done.is_settled
    assert done.quantity == done.filled_quantity == Decimal("0.2")
    assert_equal_to_exchange(desk)


def test_a_limit_that_fills_in_three_parts(desk: Desk) -> None:
    """Each part moves the position at once; the last one settles the order."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    for part, expected in (("0.2", "0.2"), ("0.3", "0.5"), ("0.5", "1.0")):
        desk.paper.control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity=part)
        seen = desk.sweep().order(order.client_order_id)
        assert seen.filled_quantity == Decimal(expected)
        position = desk.position()
        assert position is not None
        assert position.net_quantity == desk.exchange_totals()["BTC"]
    assert seen.status is S.FILLED
    assert len(seen.fills) == 3
    assert_equal_to_exchange(desk)


def test_a_cancel_with_a_partial_fill(desk: Desk) -> None:
    """What was filled before the cancel stays; the cancel's own id is ours, too."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    desk.paper.control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity="0.4")
    request_cancel(desk.context, order.client_order_id)
    done = desk.deliver().sweep().order(order.client_order_id)
    assert done.status is S.CANCELED
    assert done.is_settled
    assert done.filled_quantity == Decimal("0.4")
    assert_equal_to_exchange(desk)


@later_on_both_markets
def test_a_fill_that_races_the_cancel(desk: Desk) -> None:
    """Cancel refused because all is filled: the end is FILLED, not an error."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    desk.deliver()
    request_cancel(desk.context, order.client_order_id)
    desk.control.fill("BTCUSDT", client_order_id=order.client_order_id)
    desk.paper.control.clear_stats()
    done = desk.deliver().sweep().order(order.client_order_id)
    assert desk.paper.control.stats()["codes"]["-2011"] == 1
    assert done.status is S.FILLED
    assert_equal_to_exchange(desk)


def test_an_ioc_remainder(desk: Desk) -> None:
    """What an IOC order cannot take at once expires; the part that it took is booked."""
    order = desk.place(order_type="limit", quantity=2, price=Decimal("100.01"), time_in_force="ioc")
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.EXPIRED
    assert done.is_settled
    assert done.filled_quantity == Decimal(1)
    assert_equal_to_exchange(desk)


def test_a_fok_that_cannot_fill(desk: Desk) -> None:
    """A fill-or-kill order that finds too little expires without a trade."""
    order = desk.place(order_type="limit", quantity=2, price=Decimal("100.01"), time_in_force="fok")
    done = desk.deliver().sweep().order(order.client_order_id)
    assert done.status is S.EXPIRED
    assert done.filled_quantity == 0
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize(
    ("order_type", "trigger", "moved"),
    [("stop", "105", "106"), ("take_profit", "95", "94")],
)
def test_a_stop_that_triggers(desk: Desk, order_type: str, trigger: str, moved: str) -> None:
    """A triggered order is filled only when its trades say so."""
    order = desk.place(order_type=order_type, quantity=1, trigger_price=Decimal(trigger))
    waiting = desk.deliver().order(order.client_order_id)
    assert waiting.status is S.ACCEPTED
    desk.paper.control.set_price("BTCUSDT", moved)
    done = desk.sweep().order(order.client_order_id)
    assert done.status is S.FILLED
    assert_equal_to_exchange(desk)


def test_a_post_only_order_that_would_take(desk: Desk) -> None:
    """The exchange's own no ends the order as REJECTED, with its code."""
    order = desk.place(order_type="limit", quantity=1, price=Decimal("100.50"), post_only=True)
    done = desk.deliver().order(order.client_order_id)
    assert done.status is S.REJECTED
    assert done.reason is not None
    assert done.reason.code == "-2010"
    assert desk.exchange_orders() == []
    assert_equal_to_exchange(desk)


def test_a_round_trip(desk: Desk) -> None:
    """Buy, then sell all that is held: profit, fees and dust are exact."""
    desk.place(quantity=1)
    desk.deliver()
    held = desk.exchange_totals()["BTC"]  # 0.999: the fee was taken from the coins
    desk.place(side="sell", quantity=held)
    desk.deliver()
    assert_equal_to_exchange(desk)
    position = desk.position()
    assert position is not None
    assert position.net_quantity == 0
    assert position.realized_pnl == desk.exchange_totals()["USDT"] - 1_000_000
