"""How the exchange's push of an account is listened to; all times in milliseconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.config.execution import DAY_MS, Interval
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
    ping_ms: Annotated[Whole, Field(ge=1_000, le=60_000)] = Field(
        default=5_000, description="How often the exchange is asked for a sign of life"
    )
    silence_ms: Annotated[Whole, Field(ge=1_000, le=600_000)] = Field(
        default=15_000,
        description="Silence, answers to pings included, after which a stream counts as lost",
    )
    max_age_ms: Annotated[Whole, Field(ge=1_000, le=DAY_MS)] = Field(
        default=82_800_000,
        description="Age at which a connection is replaced; exchanges hang up after a day",
    )
    queue: Annotated[Whole, Field(ge=1, le=1_000_000)] = Field(
        default=10_000,
        description="Messages of one connection that may wait; one more ends the connection",
    )
