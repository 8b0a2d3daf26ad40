"""Two orders of a contract of which one cancels the other: the exchange has no list for them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import InvalidRequest
from engine.order_request import OrderRequest
from tests.integration.changing.market import Market
from tests.integration.changing.test_crashes import die_at, recover

pytestmark = pytest.mark.integration
D = Decimal
S = OrderStatus
Pair = tuple[Order, Order]


def hold(market: Market, quantity: str = "2") -> None:
    """Buy what the pair is to sell."""
    market.place("market", quantity)
    market.deliver()


def wish(market: Market, **fields: Any) -> tuple[OrderRequest, OrderRequest]:
    """Return a target at 110 and a stop at 90, each for 2."""
    both = {"symbol": market.symbol, "side": "sell", "quantity": "2", "account": "desk"} | fields
    target = OrderRequest(**{"order_type": "limit", "price": "110"} | both)
    stop = OrderRequest(**{"order_type": "stop", "trigger_price": "90"} | both)
    return target, stop


def record(market: Market, **fields: Any) -> Pair:
    """Record the pair; nothing is delivered yet."""
    results = market.desk.orders.place_one_cancels_other(wish(market, **fields), wait=False)
    first, second = (market.desk.order(one.order_id) for one in results)
    return first, second


def pair(market: Market, **fields: Any) -> Pair:
    """Place the pair and have both orders accepted."""
    recorded = record(market, **fields)
    placed = now(market.deliver(), recorded)
    assert [one.status for one in placed] == [S.ACCEPTED, S.ACCEPTED]
    return placed


def now(market: Market, orders: Pair) -> Pair:
    return market.order(orders[0]), market.order(orders[1])


def statuses(market: Market, orders: Pair) -> list[OrderStatus]:
    return [one.status for one in now(market, orders)]


def waiting_stops(market: Market) -> int:
    """Return how many conditional orders of the account wait at the exchange."""
    kept = market.control.ledger()["algo_orders"]
    return sum(one["uid"] == market.desk.uid and one["status"] == "NEW" for one in kept)


def alarms(market: Market) -> list[str]:
    events = market.desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def held(market: Market) -> Decimal:
    position = market.desk.position(market.symbol)
    return position.net_quantity if position else D(0)


def test_a_filled_target_ends_the_stop(futures: Market) -> None:
    """The exchange keeps no stop, and the timeline says why it is gone."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    assert waiting_stops(futures) == 1
    futures.fill(orders[0], "2")
    futures.desk.sweep()
    assert statuses(futures, orders) == [S.FILLED, S.CANCELED]
    assert (waiting_stops(futures), held(futures)) == (0, 0)
    timeline = futures.desk.context.store.load_timeline(orders[1].client_order_id)
    assert any(orders[0].client_order_id in event.message for event in timeline)
    assert alarms(futures) == []
    futures.assert_equal()


def test_a_triggered_stop_ends_the_target(futures: Market) -> None:
    """What the stop sold is its own; nothing rests afterwards."""
    hold(futures)
    orders = pair(futures)
    futures.control.set_price("BTCUSDT", "89")
    futures.desk.sweep()
    assert statuses(futures, orders) == [S.CANCELED, S.FILLED]
    assert (futures.open_orders(), held(futures)) == ([], 0)
    futures.assert_equal()


def test_a_part_of_the_one_ends_the_other(futures: Market) -> None:
    """As in a list of the exchange: what is left of the first stays where it is."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    futures.fill(orders[0], "0.5")
    futures.desk.sweep()
    assert statuses(futures, orders) == [S.PARTIALLY_FILLED, S.CANCELED]
    assert waiting_stops(futures) == 0
    assert now(futures, orders)[0].cancel_requested_at_ms is None


@pytest.mark.parametrize("filled", ["0.5", "2"])
def test_a_lost_message_is_found_by_the_sweep(futures: Market, filled: str) -> None:
    """The process dies between the fill's record and the other order's end."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    futures.fill(orders[0], filled)
    futures.desk.messages.waiting.clear()
    while not now(futures, orders)[0].fills:
        futures.desk.clock.pass_time(1_000)
        futures.desk.carry_out(("watch", ("desk",)))
    assert statuses(futures, orders)[1] is S.ACCEPTED
    futures.desk.messages.waiting.clear()
    for _ in range(10):
        futures.pass_time()
    assert statuses(futures, orders)[1] is S.CANCELED
    assert waiting_stops(futures) == 0
    if filled == "2":  # Both were compared: nothing is looked at any more
        assert futures.desk.context.store.list_watched() == ()


def outlive(market: Market, command: int) -> bool:
    """Have the target fill, and die before that command of what follows."""
    hold(market)
    orders = pair(market, reduce_only=True)
    market.fill(orders[0], "2")
    has_died = die_at(market, command)
    recover(market)
    assert statuses(market, orders) == [S.FILLED, S.CANCELED]
    assert (waiting_stops(market), alarms(market)) == (0, [])
    market.assert_equal()
    return has_died


@pytest.mark.parametrize("command", [20, 40])
def test_a_death_between_the_two(futures: Market, command: int) -> None:
    """Some of the points between the fill and the other order's end, in every run."""
    assert outlive(futures, command)


@pytest.mark.slow
@pytest.mark.parametrize("command", range(1, 90))
def test_a_death_before_every_command(futures: Market, command: int) -> None:
    """Every point; beyond the last one nobody dies."""
    outlive(futures, command)


def test_two_that_both_trade_are_told(futures: Market) -> None:
    """A plain pair in a race: what it sold beyond the wish is one alarm, with the number."""
    hold(futures)
    orders = pair(futures)
    futures.fill(orders[0], "2")
    futures.control.set_price("BTCUSDT", "89")
    futures.desk.sweep()
    for _ in range(5):
        futures.pass_time()
    assert statuses(futures, orders) == [S.FILLED, S.FILLED]
    (told,) = alarms(futures)
    assert "together 2 more" in told
    assert held(futures) == D("-2")
    futures.assert_equal()


def test_a_part_of_the_one_and_all_of_the_other_is_told(futures: Market) -> None:
    """The rest of the first is ended, since the second has traded too; the number is exact."""
    hold(futures)
    orders = pair(futures)
    futures.fill(orders[0], "0.5")
    futures.control.set_price("BTCUSDT", "89")
    futures.desk.sweep()
    for _ in range(3):
        futures.pass_time()
    first, second = now(futures, orders)
    assert (first.status, first.filled_quantity) == (S.CANCELED, D("0.5"))
    assert (second.status, second.filled_quantity) == (S.FILLED, D(2))
    (told,) = alarms(futures)
    assert "together 0.5 more" in told


def test_both_at_once_cannot_close_more_than_is_held(futures: Market) -> None:
    """Orders that only reduce: the second finds nothing to take."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    futures.fill(orders[0], "2")
    futures.control.set_price("BTCUSDT", "89")
    futures.desk.sweep()
    for _ in range(3):
        futures.pass_time()
    first, second = now(futures, orders)
    assert (first.filled_quantity, second.filled_quantity) == (D(2), D(0))
    assert (second.is_settled, held(futures)) == (True, 0)
    assert not any("rival" in message for message in alarms(futures))


def test_a_cancel_of_the_one_ends_the_other(futures: Market) -> None:
    """They stand and fall together, as in a list."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    futures.desk.orders.cancel_order(orders[1].client_order_id, wait=False)
    futures.deliver()
    assert statuses(futures, orders) == [S.CANCELED, S.CANCELED]


def test_a_refused_order_takes_its_rival_along(futures: Market) -> None:
    """The stop's trigger is passed when it arrives: the target must not stay alone."""
    hold(futures)
    orders = record(futures, reduce_only=True)
    futures.control.set_book("BTCUSDT", [("88.99", "5000")], [("89.01", "5000")])
    futures.control.set_price("BTCUSDT", "89")
    futures.deliver()
    futures.desk.sweep()
    assert statuses(futures, orders) == [S.CANCELED, S.REJECTED]
    assert futures.open_orders() == []


def test_one_that_is_unsent_when_the_other_trades_is_never_sent(futures: Market) -> None:
    """The message of the stop comes late: its end was wished meanwhile."""
    hold(futures)
    orders = record(futures, reduce_only=True)
    (late,) = [one for one in futures.desk.messages.take() if orders[1].client_order_id in one[1]]
    futures.desk.carry_out(("submit", ("desk", orders[0].client_order_id)))
    futures.fill(orders[0], "2")
    futures.desk.carry_out(("poll", ("desk", orders[0].client_order_id)))
    futures.deliver()
    futures.desk.carry_out(late)
    assert statuses(futures, orders) == [S.FILLED, S.DENIED]
    assert waiting_stops(futures) == 0


def test_a_pair_is_placed_once(futures: Market) -> None:
    """The same key again is the same two orders; another wish under it is a conflict."""
    hold(futures)
    both = wish(futures, reduce_only=True)
    ids = [
        [
            one.order_id
            for one in futures.desk.orders.place_one_cancels_other(both, key="k", wait=False)
        ]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    futures.deliver()
    assert len(futures.open_orders()) + waiting_stops(futures) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda one, two: (one, two_with(two, side="buy")), "side is"),
        (lambda one, two: (one, two_with(two, reduce_only=False)), "reduce_only is"),
        (lambda one, two: (one, one), "order_type is"),
        (lambda one, two: (two, two_with(one, price="90")), "price is 90 and trigger_price is 90;"),
        (lambda one, two: (two_with(one, quantity=None), two_with(two, quantity=None)), "quantity"),
    ],
)
def test_two_that_are_no_pair_are_refused(
    futures: Market,
    change: Callable[[OrderRequest, OrderRequest], tuple[OrderRequest, OrderRequest]],
    field: str,
) -> None:
    """One sentence names the field, and nothing is recorded."""
    hold(futures)
    before = len(futures.exchange_orders())
    with pytest.raises(InvalidRequest, match=f"^{field}"):
        futures.desk.orders.place_one_cancels_other(
            change(*wish(futures, reduce_only=True)), wait=False
        )
    assert len(futures.deliver().exchange_orders()) == before


def two_with(request: OrderRequest, **fields: Any) -> OrderRequest:
    return OrderRequest(**(vars(request) | fields))


def test_an_order_of_a_pair_cannot_be_changed(futures: Market) -> None:
    """Its end would end the other, too."""
    hold(futures)
    orders = pair(futures, reduce_only=True)
    with pytest.raises(InvalidRequest, match="are a pair"):
        futures.modify(orders[0], price="111")
