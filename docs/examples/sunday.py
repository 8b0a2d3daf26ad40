"""A check of your own: no new positions on Sundays."""

from datetime import UTC, datetime

from engine.risk.context import Candidate
from engine.risk.positions import adds_exposure


def not_on_sunday(order: Candidate) -> str | None:
    day = datetime.fromtimestamp(order.context.now_ms / 1000, UTC)
    if day.isoweekday() == 7 and adds_exposure(order):
        return f"{order.terms.symbol} is not bought on a Sunday."
    return None
