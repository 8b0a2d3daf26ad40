"""What can be asked with a signal."""

from __future__ import annotations

from engine.bootstrap import get_engine
from engine.execution import signals
from tasks.app import app


@app.task(name="signals.process_signal")
def process_signal(signal_id: str) -> str:
    """Check and size a stored signal and record its order. Safe to run twice."""
    engine = get_engine()
    record = engine.store.find_signal(signal_id)
    if record is None:
        return "unknown"
    return signals.process_signal(engine.account(record.signal.account), signal_id)
