"""What can be asked of an order. Ids in, one engine call, a word out."""

from __future__ import annotations

from typing import Any

from engine.bootstrap import get_engine
from engine.errors import UnknownOrder
from engine.execution import cancellation, resolution, submission, watching
from tasks.app import app

#: Half a minute of looks right after placing; the due set goes on from there.
POLL_RETRIES = 6
#: The waits double from here, up to the bound.
POLL_FIRST_S = 0.2
POLL_LONGEST_S = 10.0
#: What a message about an order that a lost store forgot comes to.
UNKNOWN = "unknown"


@app.task(name="orders.submit_order")
def submit_order(account: str, client_order_id: str) -> str:
    """Send a recorded order to its exchange. Safe to run twice."""
    try:
        return submission.submit_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.resolve_order")
def resolve_order(account: str, client_order_id: str) -> str:
    """Look for an order in doubt. Never sends."""
    try:
        return resolution.resolve_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.cancel_order")
def cancel_order(account: str, client_order_id: str) -> str:
    """Carry out the wish to cancel. Safe to repeat."""
    try:
        return cancellation.cancel_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.poll_order", bind=True, max_retries=POLL_RETRIES)
def poll_order(self: Any, account: str, client_order_id: str) -> str:
    """Look at a fresh order a few times, with growing waits. It only hastens."""
    engine = get_engine()
    try:
        if watching.poll_order(engine.account(account), client_order_id):
            return "settled"
    except UnknownOrder:
        return UNKNOWN
    if self.request.retries >= POLL_RETRIES:
        return "left to the monitor"
    raise self.retry(countdown=poll_delay_s(self.request.retries, engine.random.jitter()))


def poll_delay_s(retries: int, jitter: float) -> float:
    """Return the wait before the next look: doubling, half of it by chance."""
    return min(POLL_FIRST_S * 2.0**retries, POLL_LONGEST_S) * (0.5 + jitter / 2)
