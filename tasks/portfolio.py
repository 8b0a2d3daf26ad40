"""What can be asked of a portfolio."""

from __future__ import annotations

from engine.execution.completing import updates
from engine.process_engine import get_engine
from tasks.admission import admitted
from tasks.app import app


@app.task(name="portfolio.update_portfolio", ignore_result=False, acks_late=True)
@admitted
def update_portfolio(account: str, entry_id: str) -> str:
    """Bring balances, positions and equity up to date, and finish the outbox entry."""
    return updates.update_portfolio(get_engine().account(account), entry_id)
