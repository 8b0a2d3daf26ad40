"""Prices to value a portfolio with; a missing one is told, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from engine.domain.decimals import ZERO
from engine.domain.lanes import Lane
from engine.domain.report import Ticker
from engine.errors import ExchangeRefused, Retryable
from engine.portfolio.valuation import pricing_symbols
from engine.ports import Gateway


class PriceSource(Protocol):
    def find_price(self, symbol: str) -> Decimal | None:
        """Return a price (quote per base) of now, or None when there is none to be had."""
        ...


class TickerPrices:
    """The exchange's own prices, at most `max_age_ms` old."""

    def __init__(self, gateway: Gateway, *, max_age_ms: int, uncounted: Iterable[str] = ()) -> None:
        """`uncounted`: assets that are worth nothing here as long as no market lists them."""
        quote = gateway.abilities.quote_assets[0]
        self._gateway = gateway
        self._max_age_ms = max_age_ms
        self._uncounted = {pricing_symbols(asset, quote)[0] for asset in uncounted}

    def find_price(self, symbol: str) -> Decimal | None:
        """Return the middle of bid and ask; None for what is not listed or not answered."""
        if all(listed.symbol != symbol for listed in self._gateway.load_instruments()):
            return ZERO if symbol in self._uncounted else None
        try:
            return mark_price(
                self._gateway.load_ticker(symbol, Lane.MARKET_DATA, max_age_ms=self._max_age_ms)
            )
        except (Retryable, ExchangeRefused):
            return None  # The portfolio says which asset has no price


def mark_price(ticker: Ticker) -> Decimal | None:
    """Return the middle of the book, else the last trade; None for a market without either."""
    if ticker.bid > 0 and ticker.ask > 0:
        return ticker.mid()
    return ticker.last if ticker.last and ticker.last > 0 else None


def load_prices(source: PriceSource, symbols: Iterable[str]) -> dict[str, Decimal]:
    """Return the prices that can be had."""
    found = ((symbol, source.find_price(symbol)) for symbol in symbols)
    return {symbol: price for symbol, price in found if price is not None}
