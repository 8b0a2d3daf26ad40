"""A real gateway for a real exchange process."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from engine.config.accounts import AccountSettings
from engine.config.execution import ExecutionSettings
from engine.domain.identity import client_order_id
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.exchange.factory import build_gateway
from engine.exchange.gateway import CcxtGateway
from engine.system import SystemClock, SystemRandom
from tests.builders import IDENTITY, build_order, build_terms
from tests.unit.exchange.open_budget import OpenBudget
from tests.unit.exchange.unshared import share_nothing


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
        budget_for=lambda abilities, now_ms: budget,
        answers=share_nothing(),
        clock=SystemClock(),
        random=SystemRandom(),
    )
    return House(gateway=gateway, budget=budget, settings=settings)


def error_body(code: int, message: str) -> str:
    return json.dumps({"code": code, "msg": message})
