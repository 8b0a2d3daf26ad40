"""What an emergency stop may touch, and what stops an account by itself."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from engine.config.execution import Interval
from engine.config.fields import Section, Whole
from engine.config.risk import RiskSettings

#: Beat renews it every five seconds at best; a restart of the workers takes longer than that.
SHORTEST_DEAD_MAN_MS = 30_000


class TriggerAction(StrEnum):
    """What a trigger does, each more than the one before."""

    OFF = "off"
    ALARM = "alarm"
    REDUCING = "reducing"
    HALT = "halt"
    EMERGENCY_STOP = "emergency-stop"


class TriggerSettings(Section):
    """What makes an account stop by itself; each fires once until its cause is gone."""

    daily_loss: TriggerAction = Field(
        default=TriggerAction.OFF,
        description="What to do when the day has lost risk_management.max_daily_loss; without"
        " it only entering orders are denied",
    )
    drawdown: TriggerAction = Field(
        default=TriggerAction.OFF,
        description="What to do when the account is risk_management.max_drawdown below its peak;"
        " without it only entering orders are denied",
    )
    rejections: TriggerAction = Field(
        default=TriggerAction.ALARM,
        description="What to do when the exchange refuses one order after the other",
    )
    rejections_count: Annotated[Whole, Field(ge=1, le=200)] = Field(
        default=20, description="So many refused orders within the window are too many"
    )
    rejections_window_ms: Interval = Field(
        default=60_000, description="The window in which refused orders are counted"
    )
    mismatch: TriggerAction = Field(
        default=TriggerAction.OFF,
        description="What to do when balances differ from the ledger, it lasts, and nothing"
        " explains it (an alarm is told in any case)",
    )
    stale_stream: TriggerAction = Field(
        default=TriggerAction.OFF,
        description="What to do when the user stream of an account with open orders is not live",
    )
    stale_stream_ms: Interval = Field(
        default=60_000, description="For how long the stream must not be live for that"
    )
    key_refused: TriggerAction = Field(
        default=TriggerAction.ALARM,
        description="What to do when the exchange refuses the account's key",
    )


class EmergencySettings(Section):
    """The emergency stop."""

    sell_untraded: bool = Field(
        default=False,
        description="Whether an emergency stop on spot also sells coins that were held before"
        " Augustan traded, or came by transfer",
    )
    dead_man_ms: Annotated[Whole, Field(ge=0, le=3_600_000)] = Field(
        default=0,
        description="Dead-man switch of futures accounts: so long after the last sign of life of"
        " our workers the exchange ends every order of the contracts that we have orders in;"
        " 0 is off, else at least 30000",
    )
    triggers: TriggerSettings = Field(
        default_factory=TriggerSettings, description="What stops an account by itself"
    )

    @field_validator("dead_man_ms")
    @classmethod
    def _leaves_time(cls, length_ms: int) -> int:
        if 0 < length_ms < SHORTEST_DEAD_MAN_MS:
            raise ValueError(f"it must be 0 (off) or at least {SHORTEST_DEAD_MAN_MS}")
        return length_ms


def check_triggers(triggers: TriggerSettings, limits: Iterable[RiskSettings]) -> None:
    """Raise ValueError for a trigger that waits for a limit which no account has."""
    known = tuple(limits)
    needed = (
        ("daily_loss", triggers.daily_loss, "max_daily_loss"),
        ("drawdown", triggers.drawdown, "max_drawdown"),
    )
    for name, action, limit in needed:
        if action is not TriggerAction.OFF and not any(getattr(one, limit) for one in known):
            raise ValueError(
                f"says emergency.triggers.{name} is {action}, and no account has a"
                f" risk_management.{limit} at which it would fire; set one, or take it out"
            )
