"""Prices of what is held, from the portfolio that was recorded last. Pure."""

from __future__ import annotations

from engine.domain.derivative import market_of
from engine.domain.instrument import Instrument
from engine.domain.marks import Marks
from engine.domain.portfolio import Portfolio
from engine.domain.position import split_symbol
from engine.domain.risk import RiskBook
from engine.risk.book import current_position, symbols_of


def recorded_marks(portfolio: Portfolio | None, quote: str) -> Marks:
    """Return the prices that the portfolio was valued with; none where there is none yet."""
    rows = portfolio.positions if portfolio else ()
    marked = {market_of(row.symbol): row.mark_price for row in rows}
    prices = {symbol: price for symbol, price in marked.items() if price is not None}
    return Marks(quote=quote, prices=prices)


def unmarked(marks: Marks, book: RiskBook, instrument: Instrument) -> list[str]:
    """Return the symbols whose prices are needed to value the book and an order, and missing."""
    symbols = symbols_of(book)
    held = {market_of(name) for name in symbols if current_position(book, name).net_quantity}
    quotes = {split_symbol(name)[1] for name in symbols} | {instrument.quote}
    needed = held - {instrument.symbol} | {f"{asset}/{marks.quote}" for asset in quotes}
    return sorted(needed - marks.prices.keys() - {f"{marks.quote}/{marks.quote}"})
