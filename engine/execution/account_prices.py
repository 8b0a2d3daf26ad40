"""The prices that an account is valued with."""

from __future__ import annotations

from engine.execution.context import AccountContext
from engine.portfolio.prices import TickerPrices


def account_prices(context: AccountContext) -> TickerPrices:
    """Return the exchange's prices, by the account's settings."""
    return TickerPrices(
        context.gateway,
        max_age_ms=context.timings.price_max_age_ms,
        uncounted=context.uncounted_assets,
    )
