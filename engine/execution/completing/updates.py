"""The two updates that a settled group asks for. They return a word and never raise."""

from __future__ import annotations

import logging

from engine.domain.portfolio import Portfolio
from engine.errors import EngineError
from engine.execution.account_prices import account_prices
from engine.execution.completing.completion import finish_if_covered
from engine.execution.context import AccountContext
from engine.portfolio.expectations import check_expectation
from engine.portfolio.portfolio_update import update_portfolio as write_portfolio
from engine.portfolio.position_update import update_position as fold_position

log = logging.getLogger(__name__)

UPDATED, UNCHANGED = "updated", "unchanged"
#: Of the interval: a tick that comes a little early must not wait for the next.
DUE_SHARE = 0.8
#: What the outbox sweep repairs.
LEFT, FAILED = "left", "failed"


def update_position(context: AccountContext, symbol: str) -> str:
    """Fold what was booked for the symbol, and compare it with what a caller believes of it."""
    now_ms = context.clock.now_ms()
    try:
        outcome = fold_position(context.store, symbol, account=context.name, now_ms=now_ms)
        check_expectation(context.shared, context.store, context.gateway, symbol, now_ms)
        return outcome
    except EngineError as error:
        log.warning("position of %s %s: %s", context.name, symbol, error)
        return FAILED


def update_portfolio(context: AccountContext, entry_id: str) -> str:
    """Write the portfolio anew, and finish every outbox entry that it covers.

    An entry that is not waiting any more was covered by another's update: nobody is asked again.
    """
    try:
        life = context.store.load_state().life
        entries = context.store.list_outbox()  # Before the look, which then is newer than they
        if entry_id not in {entry.entry_id for entry in entries}:
            return UPDATED
        record_portfolio(context)
        left = [entry.entry_id for entry in entries if not finish_if_covered(context, entry, life)]
    except EngineError as error:
        log.warning("portfolio of %s: %s", context.name, error)
        return FAILED
    return LEFT if entry_id in left else UPDATED


def record_if_due(context: AccountContext) -> str:
    """Write the portfolio anew where the last one is old; an account without a ledger has none."""
    stored, now_ms = context.store.find_portfolio(), context.clock.now_ms()
    age_ms = (
        now_ms - stored.value.updated_at_ms if stored else context.timings.portfolio_interval_ms
    )
    if not context.store.load_state().is_opened:
        return LEFT
    if 0 <= age_ms < context.timings.portfolio_interval_ms * DUE_SHARE:
        return UNCHANGED
    try:
        record_portfolio(context)
    except EngineError as error:
        log.warning("portfolio of %s: %s", context.name, error)
        return FAILED
    return UPDATED


def record_portfolio(context: AccountContext) -> Portfolio:
    """Write the portfolio anew; raises what the exchange or the store raises."""
    prices = account_prices(context)
    return write_portfolio(context.store, context.gateway, prices, context.clock)
