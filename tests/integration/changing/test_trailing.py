"""Trailing stops: watched by us on spot, by the exchange on futures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest
from engine.execution.reconciling import reconcile
from engine.execution.stopping.trading import halt, resume
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus


def holding(market: Market) -> Market:
    """Buy one, to have something that a stop can sell."""
    market.place("market", "1")
    return market.deliver()


def trailing(market: Market, **fields: Any) -> Order:
    """Place a stop that sells one when the bid is one percent below its best."""
    words: dict[str, Any] = {"side": "sell", "trailing_rate": 1} | fields
    order = market.place("trailing_stop", "0.9", **words)
    return market.deliver().order(order)


def doubt(market: Market) -> None:
    """Have the store come back in another life: what is unsent is in doubt from then on."""
    account = f"aug:{{{market.desk.context.identity.slug}}}:account"
    market.desk.engine.store.client.read("HSET", account, "run_id", "another")
    reconcile.reconcile(market.desk.context)


def end_doubts(market: Market) -> None:
    """Let every window pass, and the sweeps find out."""
    market.desk.paper.control.set_clock(120_000)
    market.desk.clock.pass_time(120_000)
    for _ in range(4):
        market.pass_time(3_000)


def assert_halted(order: Order) -> None:
    assert order.status is S.DENIED
    assert order.reason is not None
    assert order.reason.code == "HALTED"


def test_it_follows_the_best_price_and_goes_off_once(spot: Market) -> None:
    """Nothing is sent before the price has come back; then one market order is."""
    order = trailing(holding(spot))
    for bid in ("100.50", "102.00", "101.50"):
        spot.set_touch(bid, "103.00")
        spot.pass_time()
    waiting = spot.order(order)
    assert waiting.is_waiting
    assert waiting.trail is not None
    assert waiting.trail.best_price == Decimal("102.00")
    assert len(spot.exchange_orders()) == 1
    spot.set_touch("100.90", "103.00")
    spot.pass_time().pass_time()
    done = spot.order(order)
    assert (done.status, done.filled_quantity) == (S.FILLED, Decimal("0.9"))
    assert len(spot.exchange_orders()) == 2
    spot.assert_equal()


def test_it_trails_from_its_activation_on(spot: Market) -> None:
    """Before that no fall sets it off."""
    order = trailing(holding(spot), activation_price="105")
    spot.set_touch("90.00", "95.00")
    spot.pass_time()
    assert spot.order(order).is_waiting
    spot.set_touch("105.50", "106.00")
    spot.pass_time()
    spot.set_touch("104.00", "106.00")
    spot.pass_time().pass_time()
    assert spot.order(order).status is S.FILLED


def test_the_caller_sees_that_it_is_ours_to_watch(spot: Market) -> None:
    """Placing waits for nothing, and the result says who watches."""
    order = trailing(holding(spot))
    shown = spot.desk.orders.get_order_status(order.client_order_id)
    assert (shown.success, shown.is_watched) == (True, True)
    assert order.client_order_id in {one.order_id for one in spot.desk.orders.get_active_orders()}
    spot.desk.orders.cancel_order(order.client_order_id, wait=False)
    spot.deliver()
    assert spot.order(order).status is S.DENIED


def test_a_restarted_store_does_not_lose_its_watch(spot: Market) -> None:
    """After possible loss of writes it is looked for at the exchange, and watched on."""
    order = trailing(holding(spot))
    doubt(spot)
    assert spot.order(order).is_in_doubt
    end_doubts(spot)
    assert spot.order(order).is_waiting
    spot.set_touch("110.00", "111.00")
    spot.pass_time()
    spot.set_touch("100.00", "111.00")
    spot.pass_time().pass_time()
    assert spot.order(order).status is S.FILLED


def test_a_halt_ends_it(spot: Market) -> None:
    """It is an order that nobody has sent: a halt denies it, as it says."""
    order = trailing(holding(spot))
    halt(spot.desk.context, "test")
    assert spot.order(order).status is S.DENIED


def test_a_halt_that_died_halfway_ends_it(spot: Market) -> None:
    """Nobody would send it and find out: so the look at its price does, and a resume is possible.

    The process that halted is gone after its first write, before it came to the order.
    """
    order = trailing(holding(spot))
    spot.desk.context.store.set_trading_state(TradingState.HALTED, "test", events=())
    spot.pass_time(3_000)
    assert_halted(spot.order(order))
    resume(spot.desk.context)
    assert len(spot.exchange_orders()) == 1


def test_a_halt_while_it_is_in_doubt_ends_it(spot: Market) -> None:
    """The doubt is not the halt's to end; when it is over, the order does not go on waiting."""
    order = trailing(holding(spot))
    doubt(spot)
    halt(spot.desk.context, "test")
    assert spot.order(order).is_in_doubt
    end_doubts(spot)
    assert_halted(spot.order(order))


def test_one_that_waits_while_only_reducing_goes_on_waiting(spot: Market) -> None:
    """It only shrinks what is held: nothing about it is unknown when the account is resumed."""
    order = trailing(holding(spot))
    spot.desk.context.store.set_trading_state(TradingState.REDUCING, "test", events=())
    resume(spot.desk.context)
    spot.pass_time(3_000)
    assert spot.order(order).is_waiting
    spot.set_touch("90.00", "103.00")
    for _ in range(2):
        spot.pass_time(3_000)
    assert spot.order(order).status is S.FILLED


def test_on_futures_the_exchange_watches(futures: Market) -> None:
    """It is placed at once as a conditional order, and its child is booked as this one."""
    order = trailing(holding(futures), reduce_only=True)
    assert (order.status, order.is_waiting) == (S.ACCEPTED, False)
    for bid in ("102.00", "100.50"):
        futures.set_touch(bid, "102.10")
        futures.control.set_mark_price("BTCUSDT", bid)
        futures.control.set_price("BTCUSDT", bid)
    for _ in range(3):
        futures.pass_time(3_000)
    futures.desk.sweep()
    done = futures.order(order)
    assert (done.status, done.filled_quantity) == (S.FILLED, Decimal("0.9"))
    futures.assert_equal()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"trailing_rate": None}, "trailing_rate is missing"),
        ({"trailing_rate": 60}, "trailing_rate is 60"),
        ({"activation_price": "100.001"}, "activation_price is 100.001"),
    ],
)
def test_a_stop_that_is_none(spot: Market, fields: dict[str, Any], said: str) -> None:
    """One sentence names field, value and what is allowed."""
    with pytest.raises(InvalidRequest, match=said):
        trailing(holding(spot), **fields)
