"""Can a configured strategy run? For where a person watches: at the start, and in `doctor`.

The workers do not ask: there a strategy that cannot run is told and counted, and the others go on.
"""

from __future__ import annotations

from engine.config.settings import Settings
from engine.errors import ConfigurationError, StrategyFailed
from engine.exchange.factory import list_intervals
from engine.signal_processor import job_of
from engine.strategies.job import check_isolated


def find_strategy_problem(settings: Settings, name: str) -> str:
    """Return why a configured strategy cannot run, in one sentence; "" when it can.

    Asks no exchange. The strategy's own code runs in a copy of this process, within its time.
    """
    interval = settings.strategies[name].interval
    try:
        for account in settings.strategy_accounts(name):
            known = list_intervals(settings.accounts[account])
            if interval not in known:
                words = ", ".join(known)
                return f"interval is {interval}; for account {account} it must be one of {words}."
        check_isolated(job_of(settings, name))
    except (ConfigurationError, StrategyFailed) as error:
        return str(error)
    return ""
