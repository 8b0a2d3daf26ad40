"""Take in what the exchange knows of our open and recent orders, closed ones too.

A store that lost its last writes, or all of them, has no record of orders that came to their
end meanwhile: no list of open orders shows them, and without a trade nothing else does.
"""

from __future__ import annotations

from engine.domain.derivative import market_of
from engine.domain.lanes import Lane
from engine.domain.report import Balances
from engine.execution.booking.balance_rows import home_symbol, list_instruments
from engine.execution.booking.ownership import take_report
from engine.execution.booking.snapshot import tracked_symbols
from engine.execution.context import AccountContext


def take_recent_orders(context: AccountContext, since_ms: int) -> set[str]:
    """Take in our open orders and those created since (exchange time); return the symbols."""
    gateway = context.gateway
    listed = gateway.load_open_orders(None, Lane.RESOLVE)
    symbols = tracked_symbols(context) | {report.symbol for report in listed}
    symbols |= _held_symbols(context, gateway.load_balances(Lane.RESOLVE))
    for report in listed:
        take_report(context, report)
    for symbol in sorted(symbols):
        for report in gateway.load_orders(symbol, since_ms, Lane.RESOLVE):
            take_report(context, report)
    return symbols


def _held_symbols(context: AccountContext, balances: Balances) -> set[str]:
    instruments = list_instruments(context)
    quotes = context.gateway.abilities.quote_assets
    held = {home_symbol(asset, quotes, instruments) for asset in balances.assets}
    held |= {market_of(name) for name in balances.positions}
    return held & set(instruments)
