"""What stands guard over positions, and what happens when it is missing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.config.execution import Interval
from engine.config.fields import Section, Whole
from engine.domain.derivative import settle_asset
from engine.domain.order_terms import TriggerBy


class MissingAction(StrEnum):
    """What follows when a protecting order was refused, or ended by somebody else."""

    PROTECT = "protect"  #: Place it anew
    ALARM = "alarm"  #: Leave it to a person


class ProtectionSettings(Section):
    """Stop-loss and take-profit orders that belong to a position."""

    on_missing: MissingAction = Field(
        default=MissingAction.PROTECT,
        description="What to do when a protecting order was refused or ended by somebody else;"
        " an alarm is told in any case",
    )
    trigger_by: TriggerBy = Field(
        default=TriggerBy.LAST,
        description="Which price of a contract a plan's stop watches, where the order or the"
        " signal does not say: last, or mark; on spot always last",
    )
    required: bool = Field(
        default=False,
        description="Whether a position that no plan and no stop order covers is an alarm",
    )
    alarm_after_ms: Interval = Field(
        default=5_000,
        description="How long a position may be without its protecting order before an alarm",
    )
    sweep_interval_ms: Annotated[Whole, Field(ge=100, le=60_000)] = Field(
        default=1_000,
        description="How often every plan is looked at, beside the looks that fills ask for",
    )

    def trigger_for(self, symbol: str, wished: TriggerBy | None) -> TriggerBy:
        """Return which price a plan's stop watches: as wished, else as configured."""
        if settle_asset(symbol) is None:
            return TriggerBy.LAST
        return wished or self.trigger_by
