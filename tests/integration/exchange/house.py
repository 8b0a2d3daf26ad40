"""A real gateway against a real exchange process; the allowance is a ledger that grants all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from engine.config.accounts import AccountSettings
from engine.config.execution import ExecutionSettings
from engine.domain.identity import client_order_id
from engine.domain.lanes import Lane
from engine.domain.order import Order, OrderStatus
from engine.errors import BudgetExhausted
from engine.exchange.factory import build_gateway
from engine.exchange.gateway import CcxtGateway
from engine.ports import Cost, WindowUsage
from engine.system import SystemClock, SystemRandom
from tests.builders import IDENTITY, build_order, build_terms


@dataclass
class OpenBudget:
    """Grants everything, unless told otherwise, and writes down what was asked of it."""

    granted: list[tuple[Cost, Lane, str]] = field(default_factory=list)
    refunded: list[str] = field(default_factory=list)
    observed: dict[str, int] = field(default_factory=dict)
    penalties_ms: list[int] = field(default_factory=list)
    is_empty: bool = False

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        if self.is_empty:
            raise BudgetExhausted("nothing left", retry_after_ms=1_000)
        self.granted.append((cost, lane, nonce))

    def refund(self, nonce: str) -> None:
        self.refunded.append(nonce)

    def observe(self, used: Any) -> None:
        self.observed.update(used)

    def penalize(self, duration_ms: int) -> None:
        self.penalties_ms.append(duration_ms)

    def meter(self) -> tuple[WindowUsage, ...]:
        return ()

    def penalty_ms(self) -> int:
        return 0


@dataclass
class House:
    """A gateway and what it was built from."""

    gateway: CcxtGateway
    budget: OpenBudget
    settings: AccountSettings
    placed: int = 0

    def claimed(self, key: str = "", **terms: Any) -> Order:
        """Return an order as its claim writes it, signed now."""
        self.placed += 1
        name = client_order_id(IDENTITY, "a1", key or f"key-{self.placed}")
        order = build_order(client_order_id=name, terms=build_terms(**terms))
        self.gateway.prepare_submit(order, nonce=f"nonce-{name}")
        return replace(
            order,
            status=OrderStatus.SUBMITTED,
            attempt=1,
            nonce=f"nonce-{name}",
            signed_at_ms=self.gateway.exchange_now_ms(),
            recv_window_ms=5_000,
        )


def build_house(
    base_url: str, api_key: str = "paper", secret: str = "paper", **execution: Any
) -> House:
    settings = AccountSettings.model_validate(
        {"name": "paper", "base_url": base_url, "api_key": api_key, "secret": secret}
    )
    budget = OpenBudget()
    gateway = build_gateway(
        settings,
        ExecutionSettings.model_validate(execution),
        endpoint=base_url,
        budget_for=lambda abilities: budget,
        clock=SystemClock(),
        random=SystemRandom(),
    )
    return House(gateway=gateway, budget=budget, settings=settings)


def error_body(code: int, message: str) -> str:
    return json.dumps({"code": code, "msg": message})
