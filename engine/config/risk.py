"""How much an account may risk."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from engine.config.fields import Amount, Section, Whole, split_commas

#: A limit in the account's quote currency.
Money = Annotated[Amount, Field(gt=0, le=Decimal("1e15"))]

#: Each must not be above the next: what the larger one forbids, the smaller one cannot allow.
RISING = ("max_order_notional", "max_symbol_exposure", "max_gross_exposure")


class RiskSettings(Section):
    """Limits that every order is checked against before it is recorded; docs/risk.md."""

    default_budget: Money = Field(
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
    max_order_notional: Money | None = Field(
        default=None, description="Quote currency that one entering order may be worth; none: any"
    )
    price_collar: Annotated[Amount, Field(ge=0, lt=1)] | None = Field(
        default=None,
        description="Share by which a limit price may be worse than the market's; none: any",
    )
    max_symbol_exposure: Money | None = Field(
        default=None,
        description="Quote currency that one symbol may come to, unfinished orders included",
    )
    max_gross_exposure: Money | None = Field(
        default=None,
        description="Quote currency that all symbols together may come to, long and short added",
    )
    max_leverage: Annotated[Amount, Field(ge=1, le=125)] | None = Field(
        default=None, description="Leverage that an order may name; none: what the exchange takes"
    )
    max_daily_loss: Money | None = Field(
        default=None,
        description="Quote currency that a UTC day may lose, open positions included; none: any",
    )
    max_drawdown: Annotated[Amount, Field(gt=0, lt=1)] | None = Field(
        default=None, description="Share that the account may be below its peak; none: any"
    )
    max_orders_per_minute: Annotated[Whole, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="Orders of the account in any minute; none: any number"
    )
    max_rejections: Annotated[Whole, Field(ge=1, le=50)] | None = Field(
        default=None,
        description="Refusals by the exchange for one reason in one symbol, after which it takes"
        " no entering order; none: any number",
    )
    rejection_window_ms: Annotated[Whole, Field(ge=1_000, le=3_600_000)] = Field(
        default=300_000, description="How long a refusal counts for max_rejections"
    )
    warn_at: Annotated[Amount, Field(gt=0, le=1)] = Field(
        default=Decimal("0.8"), description="Share of a limit from which on an event warns of it"
    )
    checks: Annotated[
        tuple[
            Annotated[
                str,
                StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", max_length=200),
            ],
            ...,
        ],
        BeforeValidator(split_commas),
        Field(max_length=50),
    ] = Field(default=(), description="Checks of your own, as module.name: see docs/risk.md")

    @property
    def has_loss_limits(self) -> bool:
        """Tell whether a limit is set that the account's performance is needed for."""
        return self.max_daily_loss is not None or self.max_drawdown is not None

    @property
    def has_money_limits(self) -> bool:
        """Tell whether a limit is set that other symbols' prices are needed for."""
        return any(getattr(self, name) is not None for name in RISING)

    @field_validator("default_leverage")
    @classmethod
    def _is_whole(cls, leverage: Decimal) -> Decimal:
        if leverage != leverage.to_integral_value():
            raise ValueError("it must be a whole number")
        return leverage

    @model_validator(mode="after")
    def _limits_agree(self) -> RiskSettings:
        set_ones = [(name, getattr(self, name)) for name in RISING if getattr(self, name)]
        for (lower, small), (upper, large) in pairwise(set_ones):
            if small > large:
                raise ValueError(f"{lower} is {small:f}; it must be at most {upper}, {large:f}")
        if self.max_leverage is not None and self.default_leverage > self.max_leverage:
            raise ValueError(
                f"default_leverage is {self.default_leverage:f}; it must be at most max_leverage,"
                f" {self.max_leverage:f}"
            )
        return self
