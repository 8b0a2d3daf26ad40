"""What can be asked with a signal."""

from __future__ import annotations

from engine.bootstrap import get_engine
from engine.execution import signals
from tasks.admission import admitted
from tasks.app import app


@app.task(name="signals.process_signal")
@admitted
def process_signal(account: str, signal_id: str) -> str:
    """Check and size a stored signal and record its order. Safe to run twice."""
    return signals.process_signal(get_engine().account(account), signal_id)
