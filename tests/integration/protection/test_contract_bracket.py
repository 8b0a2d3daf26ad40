"""A bracket on a contract: orders that only reduce, the stop never missing for a resize."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.protection import LegRole, ProtectionState
from engine.errors import InvalidRequest
from engine.execution.protection.unprotected import find_unprotected
from engine.execution.reconciling import reconcile
from engine.position_guard import PositionGuard
from tests.desk import Desk
from tests.integration.conftest import ASKS, BIDS, SYMBOLS
from tests.integration.protection.scenes import plan_of
from tests.looking import look_at_symbol
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from workers.cli.protections import list_protections

pytestmark = pytest.mark.integration
CONTRACT = "BTC/USDT:USDT"


@pytest.fixture
def paper(exchange: PaperExchange) -> PaperExchange:
    """The exchange with no orders and the same book on futures for every test."""
    exchange.control.clear_faults()
    exchange.control.reset()
    exchange.control.set_clock(0)
    futures = exchange.control.futures
    futures.set_limits(forget=True)
    for symbol in SYMBOLS:
        futures.set_price(symbol, "100")
        futures.set_book(symbol, BIDS, ASKS)
    return exchange


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    working = Desk(tmp_path, redis_server.url, paper, market_type="futures")
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()


def enter(desk: Desk, **fields: object) -> str:
    wish = {"quantity": "2", "stop_loss": "90", "take_profit": "110"} | fields
    order = desk.place(CONTRACT, **wish)
    desk.deliver()
    return order.client_order_id


def legs(desk: Desk, entry: str) -> dict[LegRole, list[tuple[Decimal, bool]]]:
    """Return size and whether it works of every leg of a plan, by role."""
    found: dict[LegRole, list[tuple[Decimal, bool]]] = {role: [] for role in LegRole}
    for leg in plan_of(desk, entry).legs:
        order: Order = desk.order(leg.client_order_id)
        found[leg.role].append((leg.quantity, order.status in OPEN))
    return found


def both(size: str) -> dict[LegRole, list[tuple[Decimal, bool]]]:
    return {role: [(Decimal(size), True)] for role in LegRole}


def test_a_long_position_is_guarded(desk: Desk) -> None:
    """Stop and target have the size of the entry, and both can only reduce."""
    entry = enter(desk)
    assert legs(desk, entry) == both("2")
    assert all(
        desk.order(leg.client_order_id).terms.reduce_only for leg in plan_of(desk, entry).legs
    )


def test_a_short_position_is_guarded(desk: Desk) -> None:
    """The stop is above and the target below."""
    entry = enter(desk, side="sell", stop_loss="110", take_profit="90")
    assert legs(desk, entry) == both("2")


def test_the_target_ends_the_stop(desk: Desk) -> None:
    """The position is flat and no order of the plan is left open."""
    entry = enter(desk)
    stop = plan_of(desk, entry).legs[0].client_order_id
    desk.paper.control.futures.set_price("BTCUSDT", "111")
    desk.sweep()
    desk.sweep()
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert desk.order(stop).is_settled
    held = desk.position(CONTRACT)
    assert held is not None
    assert held.net_quantity == 0


def test_the_stop_ends_the_target(desk: Desk) -> None:
    """The child of the triggered stop counts as the stop's own trades."""
    entry = enter(desk)
    desk.paper.control.futures.set_price("BTCUSDT", "89")
    desk.sweep()
    desk.sweep()
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert plan_of(desk, entry).closed_quantity == Decimal("2")


def test_the_stop_is_never_missing_for_a_resize(desk: Desk) -> None:
    """At every message there is a stop of at least what was guarded before."""
    entry = enter(desk, order_type="limit", price="99", quantity="1")
    control = desk.paper.control.futures
    control.fill("BTCUSDT", client_order_id=entry, quantity="0.3")
    desk.sweep()
    assert legs(desk, entry) == both("0.3")
    control.fill("BTCUSDT", client_order_id=entry, quantity="0.2")
    desk.messages.waiting.clear()
    look_at_symbol(desk.context, CONTRACT, [desk.order(entry)])
    for _ in range(200):
        guarded = sum(size for size, works in legs(desk, entry)[LegRole.STOP] if works)
        assert guarded >= Decimal("0.3")
        if not desk.messages.waiting:
            break
        desk.carry_out(desk.messages.waiting.popleft())
    assert legs(desk, entry) == both("0.5")


def test_legs_of_a_lost_plan_end_with_the_position(desk: Desk) -> None:
    """The store is lost: the legs go on guarding, and are gone when the position is."""
    enter(desk)
    desk.engine.store.client.read("FLUSHALL")
    desk.messages.waiting.clear()
    desk.open()
    (stop,) = [one for one in desk.orders.get_active_orders() if one.order_type == "stop"]
    (told,) = [one for one in desk.context.store.read_events("0") if one.kind is EventKind.REBUILT]
    assert f"stop at 90 of 2 {CONTRACT} ({stop.order_id})" in told.message
    shown = {one["legs"][0]["role"]: one for one in list_protections(desk.context)}
    assert {one["state"] for one in shown.values()} == {"no plan"}
    assert (shown["stop"]["stop_loss"], shown["stop"]["guarded"]) == ("90", "2")
    assert (shown["target"]["take_profit"], shown["target"]["guarded"]) == ("110", None)
    assert find_unprotected(desk.context) == ()
    reconcile.reconcile(desk.context)
    desk.deliver()
    assert not desk.order(stop.order_id).is_closed
    desk.paper.control.futures.set_price("BTCUSDT", "111")
    desk.sweep()
    assert not desk.order(stop.order_id).is_closed
    reconcile.reconcile(desk.context)
    desk.deliver()
    assert desk.order(stop.order_id).is_closed
    assert [one for one in desk.orders.get_active_orders() if one.status in OPEN] == []


def stops(desk: Desk) -> list[dict[str, Any]]:
    """Return the conditional orders that the exchange has had, the oldest first."""
    kept = desk.paper.control.futures.ledger()["algo_orders"]
    return [one for one in kept if one["uid"] == desk.uid]


def triggers(desk: Desk) -> list[tuple[str, str]]:
    """Return kind and watched price of each."""
    return [(one["order_type"], one["working_type"]) for one in stops(desk)]


def test_the_stop_of_a_plan_watches_the_price_that_is_named(desk: Desk) -> None:
    """By the order's own word; the requests carry `workingType`."""
    enter(desk, stop_trigger_by="mark")
    assert triggers(desk) == [("STOP_MARKET", "MARK_PRICE")]
    enter(desk, stop_trigger_by="last")
    assert triggers(desk)[1:] == [("STOP_MARKET", "CONTRACT_PRICE")]


def test_what_the_stop_of_a_plan_watches_is_changed(desk: Desk) -> None:
    """Another order with the other trigger works before the first is ended; the target stays."""
    entry = enter(desk)
    (target,) = (leg for leg in plan_of(desk, entry).legs if leg.role is LegRole.TARGET)
    guard = PositionGuard("desk", engine=desk.engine)
    guard.change(entry, stop_trigger_by="mark")
    desk.deliver()
    assert legs(desk, entry) == both("2")
    assert target in plan_of(desk, entry).legs
    assert triggers(desk) == [("STOP_MARKET", "CONTRACT_PRICE"), ("STOP_MARKET", "MARK_PRICE")]
    assert [one["status"] for one in stops(desk)] == ["CANCELED", "NEW"]
    guard.change(entry, stop_trigger_by="mark")
    desk.deliver()
    assert len(stops(desk)) == 2  # It is so already


def test_the_price_that_a_target_alone_watches_is_not_changed(desk: Desk) -> None:
    """There is no stop whose trigger it could be; the plan stays as it was."""
    entry = enter(desk, stop_loss=None)
    before = plan_of(desk, entry)
    with pytest.raises(InvalidRequest, match=r"stop_trigger_by is mark; there is no"):
        PositionGuard("desk", engine=desk.engine).change(entry, stop_trigger_by="mark")
    assert plan_of(desk, entry) == before


def test_a_mark_stop_is_not_closed_by_the_last_price(desk: Desk) -> None:
    """The market falls through the stop before it is placed, the mark price does not."""
    control = desk.paper.control.futures
    control.set_mark_price("BTCUSDT", "100")
    order = desk.place(CONTRACT, quantity="2", stop_loss="95", stop_trigger_by="mark")
    while desk.messages.waiting[0][0] != "protect":
        desk.carry_out(desk.messages.waiting.popleft())
    control.set_book("BTCUSDT", [("90.00", "5000")], [("90.01", "5000")])
    desk.deliver()
    assert triggers(desk) == [("STOP_MARKET", "MARK_PRICE")]
    assert plan_of(desk, order.client_order_id).state is ProtectionState.ACTIVE


def test_the_configured_price_counts_where_none_is_named(desk: Desk) -> None:
    """`protection.trigger_by` is for every plan that does not say it, a signal's too."""
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps(settings | {"protection": {"trigger_by": "mark"}}))
    desk.restart_engine()
    enter(desk)
    assert triggers(desk) == [("STOP_MARKET", "MARK_PRICE")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stop_trigger_by": "index"}, "stop_trigger_by is 'index'; it must be"),
        ({"stop_trigger_by": "mark", "stop_loss": None}, "stop_trigger_by is mark; there is no"),
    ],
)
def test_a_price_that_cannot_be_watched_is_refused(
    desk: Desk, fields: dict[str, object], said: str
) -> None:
    """One sentence, and nothing is placed."""
    with pytest.raises(InvalidRequest, match=said):
        enter(desk, **fields)
    assert desk.exchange_orders() == []


def test_an_entry_does_not_move_beyond_its_own_stop(desk: Desk) -> None:
    """One sentence, and the entry stays where it is; between stop and target it may move."""
    entry = enter(desk, order_type="limit", price="99", stop_loss="95", take_profit="105")
    for price in ("94", "106"):
        with pytest.raises(InvalidRequest, match=f"to buy at {price}, it must be"):
            desk.orders.modify_order(entry, price=price)
    assert desk.order(entry).status is OrderStatus.ACCEPTED
    assert desk.orders.modify_order(entry, price="98").success


def test_a_plan_is_not_moved_beyond_the_entry_that_rests(desk: Desk) -> None:
    """It will fill at its own price, wherever the market is; what is held closes at the market."""
    entry = enter(desk, order_type="limit", price="95", stop_loss="90", take_profit="97")
    guard = PositionGuard("desk", engine=desk.engine)
    with pytest.raises(InvalidRequest, match="stop_loss is 96; to buy at 95, it must be below"):
        guard.change(entry, stop_loss="96")
    with pytest.raises(InvalidRequest, match="take_profit is 94; to buy at 95, it must be above"):
        guard.change(entry, take_profit="94")
    # Below the market of 99.99, and nothing is held that it could close
    guard.change(entry, stop_loss="91", take_profit="98")
    assert plan_of(desk, entry).target_price == 98
    assert desk.order(entry).status is OrderStatus.ACCEPTED


def test_a_plan_of_a_part_filled_entry_fits_its_price_and_the_market(desk: Desk) -> None:
    """What is held closes at the market, what rests fills at its own price: both count."""
    entry = enter(desk, order_type="limit", price="95", stop_loss="90", take_profit="110")
    desk.paper.control.futures.fill("BTCUSDT", client_order_id=entry, quantity="1")
    desk.sweep()
    assert desk.order(entry).status is OrderStatus.PARTIALLY_FILLED
    guard = PositionGuard("desk", engine=desk.engine)
    with pytest.raises(InvalidRequest, match="stop_loss is 96; to buy at 95, it must be below"):
        guard.change(entry, stop_loss="96")
    # Above the entry's price; the market, at 99.99, would fill it at once
    with pytest.raises(InvalidRequest, match=r"take_profit is 98; to buy at 99\.99, it must"):
        guard.change(entry, take_profit="98")
    guard.change(entry, stop_loss="91", take_profit="105")


def test_no_more_is_entered_than_a_stop_can_close(desk: Desk) -> None:
    """A stop is a market order, of which the exchange takes 120 at most, a limit order of 1000."""
    fields = {"order_type": "limit", "price": "99", "take_profit": None}
    with pytest.raises(InvalidRequest, match="quantity is 121; with a stop_loss"):
        enter(desk, quantity="121", **fields)
    entry = enter(desk, quantity="120", **fields)
    with pytest.raises(InvalidRequest, match="quantity is 121; with a stop_loss"):
        desk.orders.modify_order(entry, quantity="121")
    assert len(desk.exchange_orders()) == 1
