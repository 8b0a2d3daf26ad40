"""A bracket on spot: what an entry fills is guarded by one list of two orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.protection import ProtectionState
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.protection.scenes import enter, kinds, open_at_exchange, plan_of, plans

pytestmark = pytest.mark.integration


def test_an_entry_is_guarded_by_one_list(desk: Desk) -> None:
    """Both legs have the size of what came in, fees in coins taken off; one request sent both."""
    entry = enter(desk)
    held = desk.position()
    assert held is not None
    size = held.net_quantity.quantize(Decimal("0.00001"))
    assert open_at_exchange(desk) == {"STOP_LOSS": size, "LIMIT_MAKER": size}
    assert plan_of(desk, entry).state is ProtectionState.ACTIVE
    assert EventKind.PROTECTION_PLACED in kinds(desk)


def test_the_target_ends_the_stop(desk: Desk) -> None:
    """What the target sells closes the plan; nothing is left open."""
    entry = enter(desk)
    desk.paper.control.set_price("BTCUSDT", "111")
    desk.sweep()
    desk.sweep()
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert_equal_to_exchange(desk)


def test_the_stop_ends_the_target(desk: Desk) -> None:
    """A triggered stop sells at market; nothing is left open."""
    entry = enter(desk)
    desk.paper.control.set_price("BTCUSDT", "89")
    desk.sweep()
    desk.sweep()
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert plans(desk) == []


def test_legs_follow_what_is_filled(desk: Desk) -> None:
    """Each fill of a resting entry ends the list and places another of the new size."""
    entry = enter(desk, order_type="limit", price="99", quantity="1", stop_loss="90")
    assert open_at_exchange(desk) == {"LIMIT": Decimal(1)}
    for filled in ("0.3", "0.2"):
        desk.paper.control.fill("BTCUSDT", client_order_id=entry, quantity=filled)
        desk.sweep()
        desk.sweep()
        held = desk.position()
        assert held is not None
        size = held.net_quantity.quantize(Decimal("0.00001"))
        sizes = open_at_exchange(desk)
        assert (sizes["STOP_LOSS"], sizes["LIMIT_MAKER"]) == (size, size)
    assert plan_of(desk, entry).round == 2


def test_an_entry_that_never_fills_leaves_nothing(desk: Desk) -> None:
    """Its plan ends with it."""
    entry = enter(desk, order_type="limit", price="99", quantity="1")
    desk.orders.cancel_order(entry, wait=False)
    desk.deliver()
    assert desk.order(entry).status is OrderStatus.CANCELED
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert open_at_exchange(desk) == {}


def test_no_entry_without_room_for_its_stop(desk: Desk) -> None:
    """Binance lets five stops stand in a symbol: the sixth entry would stay bare."""
    names = [enter(desk) for _ in range(6)]
    *guarded, denied = map(desk.order, names)
    assert {one.status for one in guarded} == {OrderStatus.FILLED}
    assert denied.reason is not None
    assert denied.reason.code == "TOO_MANY_STOPS"
    stops = [one for one in desk.exchange_orders() if one["type"] == "STOP_LOSS"]
    assert [one["status"] for one in stops] == ["NEW"] * 5

    desk.paper.control.set_price("BTCUSDT", "111")  # The targets fill, their stops end
    desk.sweep()
    desk.sweep()
    assert desk.order(enter(desk, take_profit="150")).status is OrderStatus.FILLED
