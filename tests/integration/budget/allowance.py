"""The windows of these tests, and what is taken from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from engine.domain.lanes import Lane
from engine.ports import Cost, Counted, Window, WindowScope
from engine.store.budget import RedisBudget

MINUTE = 60_000
#: The beginning of a minute and of a ten-second window.
START_MS = 1_800_000_000_000
WEIGHT = Window(
    name="weight_1m",
    scope=WindowScope.ADDRESS,
    counted=Counted.WEIGHT,
    limit=100,
    interval_ms=MINUTE,
)
ORDERS = Window(
    name="orders_10s",
    scope=WindowScope.ACCOUNT,
    counted=Counted.ORDERS,
    limit=10,
    interval_ms=10_000,
)

Build = Callable[..., RedisBudget]


def take(budget: RedisBudget, weight: int, lane: Lane = Lane.EMERGENCY, **options: Any) -> str:
    nonce = uuid4().hex
    budget.acquire(Cost(weight=weight, **options), lane, nonce=nonce)
    return nonce


def used(budget: RedisBudget, name: str = "weight_1m") -> int:
    return next(line.used for line in budget.meter() if line.window.name == name)
