"""Lanes: who goes first, on queues and in the exchange's allowance."""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    """Highest first. A slow lane never holds a fast one."""

    EMERGENCY = "emergency"
    CANCEL = "cancel"
    SUBMIT = "submit"
    RESOLVE = "resolve"
    POLL = "poll"
    MARKET_DATA = "market_data"
