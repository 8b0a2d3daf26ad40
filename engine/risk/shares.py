"""How much of each limit is used. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext

from engine.config.risk import RiskSettings
from engine.domain.decimals import ZERO
from engine.domain.derivative import market_of
from engine.domain.equity import Performance
from engine.domain.instrument import Instrument
from engine.domain.marks import Marks
from engine.domain.position import split_symbol
from engine.domain.risk import RiskBook
from engine.risk.book import current_position, open_symbols, symbols_of, used_budget
from engine.risk.exposure import build_worth

#: A share need not be exact.
DIGITS = 28


def limit_shares(
    settings: RiskSettings,
    book: RiskBook,
    marks: Marks,
    instruments: Mapping[str, Instrument],
    made: Performance | None,
    now_ms: int,
) -> dict[str, Decimal]:
    """Return the used share of every limit that is set, by the setting's name; 1 is all of it."""
    with localcontext(prec=DIGITS):
        used = [
            *_counts(settings, book, marks, instruments),
            *_exposures(settings, book, marks, instruments),
            *_losses(settings, made, now_ms),
        ]
        return {name: max(value, ZERO) / limit for name, value, limit in used if limit}


Used = tuple[str, Decimal, Decimal | None]


def _counts(
    settings: RiskSettings,
    book: RiskBook,
    marks: Marks,
    instruments: Mapping[str, Instrument],
) -> Iterator[Used]:
    opened = open_symbols(book, instruments, marks.prices)
    budget = settings.default_budget
    yield "max_positions", Decimal(len(opened)), Decimal(settings.max_positions)
    yield "default_budget", used_budget(book), budget * settings.default_leverage
    if settings.max_orders_per_minute is not None:
        limit = Decimal(settings.max_orders_per_minute)
        yield "max_orders_per_minute", Decimal(book.orders_in_minute), limit


def _exposures(
    settings: RiskSettings,
    book: RiskBook,
    marks: Marks,
    instruments: Mapping[str, Instrument],
) -> Iterator[Used]:
    by_market: dict[str, Decimal] = {}
    for symbol in symbols_of(book):
        market = market_of(symbol)
        rules = instruments.get(market)
        entry = current_position(book, symbol).entry_price
        price = marks.prices.get(market) or entry or ZERO
        one = (marks.rate(split_symbol(market)[1]) or ZERO) * (rules.contract_size if rules else 1)
        worth = build_worth(book, symbol, price, one).exposure
        by_market[market] = by_market.get(market, ZERO) + worth
    largest = max(by_market.values(), default=ZERO)
    yield "max_symbol_exposure", largest, settings.max_symbol_exposure
    yield "max_gross_exposure", sum(by_market.values(), ZERO), settings.max_gross_exposure


def _losses(settings: RiskSettings, made: Performance | None, now_ms: int) -> Iterator[Used]:
    if made is not None:
        yield "max_daily_loss", -made.daily_result(now_ms), settings.max_daily_loss
        yield "max_drawdown", made.drawdown, settings.max_drawdown
