"""Messages are hints: lost, doubled and disordered ones change nothing in the end."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.execution.cancellation import request_cancel
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration

FAULTS = (
    {"answer": "drop"},
    {"answer": "drop", "effect": False},
    {"answer": "html"},
    {"answer": "status", "status": 503, "body": "{}"},
)


class Story:
    """A random life of one account; the seed tells it again."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = random.Random(seed)
        self.keys: list[str] = []

    def step(self) -> None:
        self.random.choice([self.place, self.repeat, self.fill, self.cancel, self.fault])()
        self.shuffle_messages()
        for _ in range(self.random.randint(0, 3)):
            if self.desk.messages.waiting:
                self.desk.carry_out(self.desk.messages.waiting.popleft())

    def place(self, key: str = "") -> None:
        chosen = key or f"key-{len(self.keys)}"
        if not key:
            self.keys.append(chosen)
        if int(chosen.split("-")[1]) % 2:
            self.desk.place(key=chosen, quantity=Decimal("0.3"))
        else:
            self.desk.place(key=chosen, order_type="limit", quantity=1, price=Decimal("99.50"))

    def repeat(self) -> None:
        """Do what an impatient caller does."""
        if self.keys:
            self.place(self.random.choice(self.keys))

    def fill(self) -> None:
        resting = [order for order in self.desk.exchange_orders() if order["status"] == "NEW"]
        if resting:
            chosen = self.random.choice(resting)
            part = self.random.choice(["0.2", "0.7", "1"])
            self.desk.paper.control.fill("BTCUSDT", order_id=int(chosen["order_id"]), quantity=part)

    def cancel(self) -> None:
        active = self.desk.context.store.list_orders(OrderFilter.ACTIVE)
        if active:
            request_cancel(self.desk.context, self.random.choice(active).client_order_id)

    def fault(self) -> None:
        method = self.random.choice(["POST", "POST", "DELETE"])
        self.desk.paper.control.add_fault(
            method=method, path="/api/v3/order", **self.random.choice(FAULTS)
        )

    def shuffle_messages(self) -> None:
        """Lose, double and disorder what waits."""
        waiting = list(self.desk.messages.waiting)
        kept = [message for message in waiting if self.random.random() > 0.25]
        doubled = [message for message in waiting if self.random.random() < 0.25]
        mixed = kept + doubled
        self.random.shuffle(mixed)
        self.desk.messages.waiting.clear()
        self.desk.messages.waiting.extend(mixed)


@pytest.mark.parametrize("seed", range(8))
def test_any_fate_of_messages_ends_equal(desk: Desk, seed: int) -> None:
    """After the sweeps: one exchange order for each key that was placed, books equal."""
    story = Story(desk, seed)
    for _ in range(25):
        story.step()
    desk.paper.control.clear_faults()
    desk.deliver()
    desk.paper.control.set_clock(120_000)  # Every window is over: doubts can end
    for _ in range(3):
        desk.sweep()
    assert_equal_to_exchange(desk)
    assert desk.context.store.list_orders(OrderFilter.IN_DOUBT) == ()
    shown = [order["client_order_ids"][0] for order in desk.exchange_orders()]
    assert len(shown) == len(set(shown)), "one intent, one order"
    recorded = desk.context.store.list_orders(OrderFilter.RECENT)
    assert len(recorded) == len(story.keys)
