"""What risk compares an order with: rules, prices and balances, asked once for many orders."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.equity import Performance
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.marks import Marks
from engine.domain.protection import Protection
from engine.domain.report import Balances, Ticker
from engine.domain.request import OrderIntent
from engine.domain.risk import RiskBook
from engine.domain.signal import Signal
from engine.errors import InvalidRequest
from engine.execution.account_prices import account_prices
from engine.execution.context import AccountContext
from engine.portfolio.prices import load_prices
from engine.risk.balance import is_current, newest_trade_ms
from engine.risk.conditional_orders import conditional_orders
from engine.risk.context import RiskContext
from engine.risk.marks import recorded_marks, unmarked


class Surroundings:
    """One caller's view of the exchange, as young as the settings ask.

    The book is another matter: it is loaded for every try. Balances that a newer trade has
    overtaken are asked for again, so that money which is spent is not counted. What other
    processes were told a moment ago is as good, until it would cost an order.
    """

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._began_at_ms = context.clock.now_ms()
        self._has_renewed = False
        self._balances: Balances | None = None
        self._tickers: dict[str, Ticker] = {}
        self._marks: Marks | None = None

    def look(
        self, intent: OrderIntent, book: RiskBook, signal: Signal | None = None
    ) -> RiskContext:
        """Return all that one assessment may know; raises what a Gateway question raises."""
        context = self._context
        instruments = {item.symbol: item for item in context.gateway.load_instruments(Lane.SUBMIT)}
        instrument, balances = _listed(instruments, intent.symbol), self._current_balances(book)
        return RiskContext(
            instrument=instrument,
            ticker=self._ticker(intent.symbol),  # Last: nothing ages as quickly
            balances=balances,
            book=book,
            settings=context.risk,
            is_enabled=context.is_enabled,
            now_ms=context.clock.now_ms(),
            position_side=intent.position_side,
            signal=signal,
            instruments=instruments,
            marks=self._current_marks(instrument, book),
            performance=self._find_performance(),
            plans=self._find_plans(intent, instrument),
            own_checks=context.own_checks,
        )

    def _find_plans(self, intent: OrderIntent, instrument: Instrument) -> tuple[Protection, ...]:
        """Return what stops are planned; nothing for an order that brings none.

        Read after the book: a plan that came later moves the book's version.
        """
        if not conditional_orders(intent, instrument):
            return ()
        return tuple(stored.value for stored in self._context.store.list_protections())

    def _find_performance(self) -> Performance | None:
        """Return what the limits of losses are compared with; nothing where none is set."""
        if not self._context.risk.has_loss_limits:
            return None
        stored = self._context.store.find_portfolio()
        return stored.value.performance if stored else None

    def _current_marks(self, instrument: Instrument, book: RiskBook) -> Marks:
        """Return what the account's limits in money are reckoned with; nothing where none is set.

        The recorded portfolio's, at most a minute old while workers run; what it does not have
        is asked for.
        """
        context, quote = self._context, self._context.gateway.abilities.quote_assets[0]
        if not context.risk.has_money_limits:
            return Marks(quote=quote)
        if self._marks is None:
            stored = context.store.find_portfolio()
            self._marks = recorded_marks(stored.value if stored else None, quote)
        missing = unmarked(self._marks, book, instrument)
        if missing:
            prices = {**self._marks.prices, **load_prices(account_prices(context), missing)}
            self._marks = replace(self._marks, prices=prices)
        return self._marks

    def _ticker(self, symbol: str) -> Ticker:
        context, known = self._context, self._tickers.get(symbol)
        is_young = (
            known and context.clock.now_ms() - known.at_ms <= context.timings.price_max_age_ms
        )
        if known is None or not is_young:
            known = self._tickers[symbol] = context.gateway.load_ticker(
                symbol, Lane.SUBMIT, max_age_ms=context.timings.price_max_age_ms
            )
        return known

    def _current_balances(self, book: RiskBook) -> Balances:
        context, known = self._context, self._balances
        max_age_ms = context.timings.balance_max_age_ms
        if known is None or not is_current(known, book, context.clock.now_ms(), max_age_ms):
            known = self._balances = context.gateway.load_balances(
                Lane.SUBMIT, max_age_ms=max_age_ms, as_of_ms=newest_trade_ms(book)
            )
        return known

    def renew_balances(self) -> bool:
        """Ask for the balances anew if they are from before this view; tell whether they were.

        Funds may have come free since: nobody may be denied for want of what is there.
        """
        known = self._balances
        if self._has_renewed or known is None or known.asked_at_ms >= self._began_at_ms:
            return False
        self._has_renewed = True
        self._balances = self._context.gateway.load_balances(Lane.SUBMIT)
        return True


def _listed(instruments: dict[str, Instrument], symbol: str) -> Instrument:
    """Return the rules of the symbol, which may have gone since the wish was taken in."""
    if symbol not in instruments:
        raise InvalidRequest(f"symbol is {symbol}, which the exchange does not list any more.")
    return instruments[symbol]
