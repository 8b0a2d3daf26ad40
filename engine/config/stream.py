"""How the exchange's push of an account is listened to; all times in milliseconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.config.execution import Interval
from engine.config.fields import Section, Whole


class StreamSettings(Section):
    """The user streams."""

    enabled: bool = Field(
        default=True, description="Listen to what exchanges push; false: orders are only polled"
    )
    lease_ms: Annotated[Whole, Field(ge=300, le=60_000)] = Field(
        default=3_000,
        description="How long a listener that fell silent keeps an account from the next one",
    )
    reconnect_first_ms: Interval = Field(
        default=500, description="Wait before the first new connection; the waits double"
    )
    reconnect_longest_ms: Interval = Field(
        default=30_000, description="Longest wait before a new connection"
    )
    well_after_ms: Interval = Field(
        default=60_000, description="A connection that lasted so long begins the waits anew"
    )
    behind_ms: Interval = Field(
        default=2_000,
        description="Age of the oldest waiting message above which a stream is not relied on",
    )
