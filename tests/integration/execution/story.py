"""A random life of one account, with messages and answers that get lost on the way."""

from __future__ import annotations

import random
from decimal import Decimal

from engine.execution.ending.cancellation import request_cancel
from engine.ports import OrderFilter
from tests.desk import Desk

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
            self.desk.place(key=chosen, quantity=Decimal("0.6"))
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
            self.desk.control.fill("BTCUSDT", order_id=int(chosen["order_id"]), quantity=part)

    def cancel(self) -> None:
        active = self.desk.context.store.list_orders(OrderFilter.ACTIVE)
        if active:
            request_cancel(self.desk.context, self.random.choice(active).client_order_id)

    def fault(self) -> None:
        method = self.random.choice(["POST", "POST", "DELETE"])
        self.desk.paper.control.add_fault(
            method=method, path=self.desk.order_path, **self.random.choice(FAULTS)
        )

    def shuffle_messages(self) -> None:
        """Lose, double and disorder what waits."""
        waiting = self.desk.messages.take()
        kept = [message for message in waiting if self.random.random() > 0.25]
        doubled = [message for message in waiting if self.random.random() < 0.25]
        mixed = kept + doubled
        self.random.shuffle(mixed)
        self.desk.messages.waiting.extend(mixed)
