"""Exchange time for questions: measured anew rather than given up."""

from __future__ import annotations

from engine.domain.lanes import Lane
from engine.errors import ClockUnknown
from engine.execution.context import AccountContext


def ask_exchange_time(context: AccountContext, lane: Lane) -> int:
    """Return exchange time in ms; the exchange is asked where our measurement is too old.

    On a slow day the questions of one piece of work take longer than a measurement is believed,
    and work that ended there would begin, and end there, again and again. A claim is no question:
    nothing of it may wait.
    """
    try:
        return context.gateway.exchange_now_ms()
    except ClockUnknown:
        context.gateway.measure_clock(lane)
        return context.gateway.exchange_now_ms()
