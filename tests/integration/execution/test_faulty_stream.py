"""A stream that lies changes when something is known, never what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.events import Event, EventKind
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_balances_equal, assert_trades_equal
from tests.integration.execution.story import Story
from tests.listening import PATIENCE_S, Ear
from tests.waiting import eventually

pytestmark = pytest.mark.integration

#: What may befall pushed events, each of them with its own probability.
LIES: dict[str, dict[str, Any]] = {
    "drop": {"probability": 0.3},
    "repeat": {"probability": 0.5, "times": 3},
    "delay": {"probability": 0.4, "delay_ms": 300},
    "reorder": {"probability": 0.4},
    "disconnect": {"probability": 0.1},
    "silence": {"probability": 0.1, "delay_ms": 2_000},
}
STEPS = 25


class SharedAccount(Story):
    """A story in which somebody else trades on the account as well."""

    def step(self) -> None:
        if self.random.random() < 0.2:
            self.trade_by_hand()
        super().step()

    def trade_by_hand(self) -> None:
        side = self.random.choice(["BUY", "BUY", "SELL"])
        terms = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": "0.1"}
        held = self.desk.paper.control.balances(self.desk.uid).get("BTC", {"free": "0"})
        if side == "BUY" or float(held["free"]) > 1:
            self.desk.paper.control.place(terms, key=self.desk.key)


def tell_lies(desk: Desk, names: tuple[str, ...], seed: int) -> None:
    for name in names:
        desk.paper.control.add_stream_fault(name, uid=desk.uid, count=None, seed=seed, **LIES[name])


def live_through(desk: Desk, seed: int) -> Story:
    """Return a finished story: every window is over, every sweep done."""
    story = SharedAccount(desk, seed)
    for _ in range(STEPS):
        story.step()
    desk.paper.control.clear_faults()
    desk.deliver()
    desk.paper.control.set_clock(120_000)
    for _ in range(3):
        desk.sweep()
    return story


def assert_all_is_booked_once(desk: Desk, story: Story) -> None:
    """Our orders, all trades, balances and positions are the exchange's."""
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    desk.deliver()
    assert_trades_equal(desk)
    assert_balances_equal(desk)
    assert desk.context.store.list_orders(OrderFilter.IN_DOUBT) == ()
    assert [event for event in told(desk) if event.kind is EventKind.ALARM] == []
    ours = desk.context.store.list_orders(OrderFilter.RECENT)
    assert len(ours) == len(story.keys)
    booked = {order.exchange_order_id: order.filled_quantity for order in ours}
    shown = {
        str(order["order_id"]): Decimal(order["filled_quantity"])
        for order in desk.exchange_orders()
        if not is_foreign(order)
    }
    assert {name: filled for name, filled in booked.items() if name} == shown


def told(desk: Desk) -> tuple[Event, ...]:
    return desk.context.store.read_events("0", limit=100_000)


def is_foreign(order: dict[str, Any]) -> bool:
    return not str(order["client_order_ids"][0]).startswith("aug")


@pytest.mark.parametrize(
    ("names", "seed"),
    [
        (("drop", "reorder"), 1),
        (("repeat", "delay", "disconnect"), 2),
        *(pytest.param(tuple(LIES), seed, marks=pytest.mark.slow) for seed in range(3, 11)),
        *(pytest.param((name,), 11, marks=pytest.mark.slow) for name in LIES),
    ],
)
def test_any_lie_of_the_stream_ends_equal(desk: Desk, names: tuple[str, ...], seed: int) -> None:
    """With polls in between, strangers on the account, and messages of ours that get lost."""
    tell_lies(desk, names, seed)
    with Ear(desk) as ear:
        ear.await_live()
        story = live_through(desk, seed)
        assert_all_is_booked_once(desk, story)
        eventually(lambda: ear.health.messages, timeout_s=PATIENCE_S)
