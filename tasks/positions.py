"""What can be asked of a position."""

from __future__ import annotations

from engine.execution.completing import updates
from engine.process_engine import get_engine
from tasks.app import app


# The chord counts the stored result, so it is kept; late acknowledgement, since a lost one
# would leave the chord open until the sweep publishes it again.
@app.task(name="positions.update_position", ignore_result=False, acks_late=True)
def update_position(account: str, symbol: str) -> str:
    """Fold the ledger into the position. Returns a word and never raises: a chord header."""
    return updates.update_position(get_engine().account(account), symbol)
