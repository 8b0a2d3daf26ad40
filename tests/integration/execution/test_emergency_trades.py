"""What an emergency stop knows of trades that the exchange's list does not have yet."""

from __future__ import annotations

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.execution.stopping import emergency
from engine.execution.stopping.emergency_verify import ROUNDS_TO_READ
from tests.desk import TIMINGS, Desk
from tests.integration.execution.test_doubt import UNCLEAR, place_with_fault
from tests.integration.execution.test_emergency import (
    SLICE_MS,
    assert_flat,
    give_ample_allowance,
    place_foreign,
    rest,
    stop,
)
from tests.integration.execution.test_rebuild import change_settings

pytestmark = pytest.mark.integration

LATE_MS = 2_000


def test_late_trades_of_a_strangers_order_are_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It filled in part before the run ended it: what it bought is sold, too."""
    change_settings(desk, execution=TIMINGS | {"query_lag_ms": LATE_MS})
    fill_unseen(desk, place_foreign(desk, price="99.00"), monkeypatch)
    assert_flat(desk, stop(desk))


def test_late_trades_of_an_order_of_ours_are_read_by_the_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ordinary workers may be dead: what the order bought before its end is sold all the same.

    The exchange says at once what was filled, and shows the trades later.
    """
    fill_unseen(desk, rest(desk, price="99.00").client_order_id, monkeypatch)
    assert_flat(desk, stop(desk))


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_run_that_died_as_it_ended_a_strangers_order_waits_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_answered: bool
) -> None:
    """The order is ended and listed no more: nothing but the run itself can tell of it."""
    change_settings(desk, execution=TIMINGS | {"query_lag_ms": LATE_MS})
    fill_unseen(desk, place_foreign(desk, price="99.00"), monkeypatch)
    emergency.begin_emergency(desk.context, "a test")
    if not is_answered:
        desk.paper.control.drop_after("order.cancel")
    else:
        die_after_cancel(desk, monkeypatch)
        with pytest.raises(Died):
            emergency.work_emergency(desk.context, SLICE_MS)
    assert_flat(desk, stop(desk))


def test_what_others_bought_is_sold_beside_a_doubt_that_lasts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doubt waits for its window, or for a person; what is held does not wait with it."""
    change_settings(desk, execution=TIMINGS | {"recv_window_ms": 60_000})
    give_ample_allowance(desk)
    monkeypatch.setattr(desk.clock, "wait", lambda milliseconds: None)
    lost = place_with_fault(desk, UNCLEAR["dropped"] | {"effect": False})
    desk.paper.control.fill("BTCUSDT", client_order_id=place_foreign(desk), quantity="0.4")

    emergency.begin_emergency(desk.context, "a test")
    run = None
    while run is None or run.round < 2 * ROUNDS_TO_READ:
        run = emergency.work_emergency(desk.context, 100)

    assert desk.order(lost.client_order_id).is_in_doubt
    assert set(desk.exchange_totals()) == {"USDT"}


class Died(BaseException):
    """The process is gone."""


def die_after_cancel(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the exchange end the next order, and the process die before it writes that down."""
    gateway = desk.context.gateway
    cancel = gateway.cancel

    def cancel_and_die(order: Order, lane: Lane) -> None:
        monkeypatch.setattr(gateway, "cancel", cancel)
        cancel(order, lane)
        raise Died

    monkeypatch.setattr(gateway, "cancel", cancel_and_die)


def fill_unseen(desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 0.4 of the order trade, and the exchange's list not show it for a while."""
    control, clock = desk.paper.control, desk.clock
    control.fill("BTCUSDT", client_order_id=name, quantity="0.4")
    hidden = {"method": "GET", "path": "/api/v3/myTrades", "count": None, "answer": "status"}
    control.add_fault(**hidden, status=200, body="[]")
    shown_at_ms = clock.now_ms() + LATE_MS

    def wait(milliseconds: float) -> None:
        clock.pass_time(int(milliseconds))
        if clock.now_ms() >= shown_at_ms:
            control.clear_faults()

    monkeypatch.setattr(clock, "wait", wait)
