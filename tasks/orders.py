"""What can be asked of an order. Ids in, one engine call, a word out."""

from __future__ import annotations

from typing import Any

from engine.errors import UnknownOrder
from engine.execution.changing import following
from engine.execution.doubt import resolution
from engine.execution.ending import cancel_together, cancellation
from engine.execution.looks import watching
from engine.execution.placing import sending
from engine.process_engine import get_engine
from tasks.admission import admission, admitted
from tasks.app import app

#: The waits between the looks after placing double up to this.
POLL_LONGEST_S = 5.0
#: The settings' largest number of looks; the settings themselves are read when a task runs.
MOST_POLLS = 10
#: What a message about an order that a lost store forgot comes to.
UNKNOWN = "unknown"


@app.task(name="orders.submit_order")
@admitted
def submit_order(account: str, client_order_id: str) -> str:
    """Send a recorded order to its exchange. Safe to run twice."""
    return _send(account, client_order_id)


@app.task(name="orders.submit_exit")
@admitted
def submit_exit(account: str, client_order_id: str) -> str:
    """Send a recorded order that guards or closes a position. Safe to run twice."""
    return _send(account, client_order_id)


def _send(account: str, client_order_id: str) -> str:
    try:
        return sending.send_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.resolve_order")
@admitted
def resolve_order(account: str, client_order_id: str) -> str:
    """Look for an order in doubt. Never sends."""
    try:
        return resolution.resolve_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.cancel_order")
@admitted
def cancel_order(account: str, client_order_id: str) -> str:
    """Carry out the wish to cancel. Safe to repeat."""
    try:
        return cancellation.cancel_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.cancel_symbol")
@admitted
def cancel_symbol(account: str, symbol: str) -> str:
    """Carry out every wish to cancel on one symbol. Safe to repeat."""
    return f"{cancel_together.cancel_symbol(get_engine().account(account), symbol)} ended together"


@app.task(name="orders.replace_order")
@admitted
def replace_order(account: str, client_order_id: str) -> str:
    """Record the successor of an order that has ended, where one is wished. Safe to repeat."""
    try:
        return following.replace_order(get_engine().account(account), client_order_id)
    except UnknownOrder:
        return UNKNOWN


@app.task(name="orders.poll_order", bind=True, max_retries=MOST_POLLS)
def poll_order(self: Any, account: str, client_order_id: str) -> str:
    """Look at a fresh order a few times, with growing waits. It only hastens."""
    engine = get_engine()
    with admission(account) as is_admitted:
        try:
            if is_admitted and watching.poll_order(engine.account(account), client_order_id):
                return "settled"
        except UnknownOrder:
            return UNKNOWN
    retries, timings = self.request.retries, engine.settings.execution
    if retries >= timings.poll_attempts:
        return "left to the monitor"
    raise self.retry(countdown=poll_delay_s(timings.poll_first_ms, retries, engine.random.jitter()))


def poll_delay_s(first_ms: int, retries: int, jitter: float) -> float:
    """Return the wait before the next look: doubling, half of it by chance."""
    return min(first_ms / 1000 * 2.0 ** min(retries, 16), POLL_LONGEST_S) * (0.5 + jitter / 2)
