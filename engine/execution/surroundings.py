"""What risk compares an order with: rules, prices and balances, asked once for many orders."""

from __future__ import annotations

from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.report import Balances, Ticker
from engine.domain.request import OrderIntent
from engine.domain.risk import RiskBook
from engine.domain.signal import Signal
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.risk.balance import is_current
from engine.risk.context import RiskContext


class Surroundings:
    """One caller's view of the exchange, as young as the settings ask.

    The book is another matter: it is loaded for every try. Balances that a newer trade has
    overtaken are asked for again, so that money which is spent is not counted.
    """

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._balances: Balances | None = None
        self._tickers: dict[str, Ticker] = {}

    def look(
        self, intent: OrderIntent, book: RiskBook, signal: Signal | None = None
    ) -> RiskContext:
        """Return all that one assessment may know; raises what a Gateway question raises."""
        context = self._context
        instruments = {item.symbol: item for item in context.gateway.load_instruments(Lane.SUBMIT)}
        return RiskContext(
            instrument=_listed(instruments, intent.symbol),
            ticker=self._ticker(intent.symbol),
            balances=self._current_balances(book),
            book=book,
            settings=context.risk,
            is_enabled=context.is_enabled,
            now_ms=context.clock.now_ms(),
            signal=signal,
            instruments=instruments,
        )

    def _ticker(self, symbol: str) -> Ticker:
        context, known = self._context, self._tickers.get(symbol)
        is_young = (
            known and context.clock.now_ms() - known.at_ms <= context.timings.price_max_age_ms
        )
        if known is None or not is_young:
            known = self._tickers[symbol] = context.gateway.load_ticker(symbol, Lane.SUBMIT)
        return known

    def _current_balances(self, book: RiskBook) -> Balances:
        context, known = self._context, self._balances
        max_age_ms = context.timings.balance_max_age_ms
        if known is None or not is_current(known, book, context.clock.now_ms(), max_age_ms):
            known = self._balances = context.gateway.load_balances(Lane.SUBMIT)
        return known


def _listed(instruments: dict[str, Instrument], symbol: str) -> Instrument:
    """Return the rules of the symbol, which may have gone since the wish was taken in."""
    if symbol not in instruments:
        raise InvalidRequest(f"symbol is {symbol}, which the exchange does not list any more.")
    return instruments[symbol]
