"""What an emergency stop may touch."""

from __future__ import annotations

from pydantic import Field

from engine.config.fields import Section


class EmergencySettings(Section):
    """The emergency stop."""

    sell_untraded: bool = Field(
        default=False,
        description="Whether an emergency stop on spot also sells coins that were held before"
        " Augustan traded, or came by transfer",
    )
