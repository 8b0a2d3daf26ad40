"""How much an account may risk."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from engine.config.fields import Amount, Section, Whole


class RiskSettings(Section):
    """Limits that every order is checked against before it is recorded."""

    default_budget: Annotated[Amount, Field(gt=0, le=Decimal("1e15"))] = Field(
        default=Decimal(500), description="Quote currency that all positions of the account may use"
    )
    max_risk_per_trade: Annotated[Amount, Field(gt=0, le=1)] = Field(
        default=Decimal("0.02"),
        description="Share of the budget that one stopped-out trade may lose",
    )
    default_leverage: Annotated[Amount, Field(ge=1, le=125)] = Field(
        default=Decimal(1), description="Leverage of an order that names none (spot: always 1)"
    )
    max_positions: Annotated[Whole, Field(ge=1, le=10_000)] = Field(
        default=5, description="Symbols with an open position or an order that may open one"
    )
    require_stop: bool = Field(
        default=False,
        description="Refuse a signal without a stop price instead of sizing it by budget",
    )
    market_order_collar: Annotated[Amount, Field(ge=0, lt=1)] = Field(
        default=Decimal("0.02"),
        description="Share by which a market order's price may be worse than the reference"
        " when its cost is reserved",
    )
