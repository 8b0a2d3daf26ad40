"""What symbols can come to in money, and how much more there is room for.

Held quantities count at the price of now, unfinished orders at the price of their approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.derivative import market_of
from engine.domain.fill import Side
from engine.domain.position import split_symbol
from engine.domain.risk import Denied, RiskBook
from engine.risk.book import current_position, is_spot, pending_value, symbols_of
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, RiskContext
from engine.risk.positions import adds_exposure
from engine.risk.reservation import build_reservation


@dataclass(frozen=True, kw_only=True)
class Worth:
    """One symbol in money of the account: what is held, and what orders may add."""

    held: Decimal = ZERO  # Below zero when short
    buys: Decimal = ZERO
    sells: Decimal = ZERO

    @property
    def exposure(self) -> Decimal:
        """Return the largest value that it can come to, either way."""
        with localcontext(EXACT):
            return max(abs(self.held + self.buys), abs(self.held - self.sells))

    def room(self, side: Side, limit: Decimal) -> Decimal:
        """Return how much one more order of `side` may be worth below `limit`."""
        with localcontext(EXACT):
            towards = self.held + self.buys if side is Side.BUY else self.sells - self.held
            return limit - towards


def measure(context: RiskContext, book: RiskBook, side: Side) -> dict[str, Worth | None]:
    """Return the worth of every symbol of the book; None where a price is missing.

    The order's own symbol is valued at what an order of `side` meets now.
    """
    return {symbol: _worth(context, book, symbol, side) for symbol in symbols_of(book)}


def _worth(context: RiskContext, book: RiskBook, symbol: str, side: Side) -> Worth | None:
    rate = value_of_one(context, symbol)
    held = current_position(book, symbol).net_quantity
    price = _price(context, book, symbol, side)
    if rate is None or (held and price is None):
        return None
    return build_worth(book, symbol, price or ZERO, rate)


def build_worth(book: RiskBook, symbol: str, price: Decimal, one: Decimal) -> Worth:
    """Return the worth of a symbol; `one`: what a unit of price times quantity is worth."""
    held = current_position(book, symbol).net_quantity
    with localcontext(EXACT):
        return Worth(
            held=held * price * one,
            buys=pending_value(book, symbol, Side.BUY) * one,
            # Coins cannot be sold short, however dear the price that a sale waits for
            sells=ZERO if is_spot(symbol) else pending_value(book, symbol, Side.SELL) * one,
        )


def value_of_one(context: RiskContext, symbol: str) -> Decimal | None:
    """Return what one unit of price times quantity is worth to the account."""
    rate = context.marks.rate(split_symbol(symbol)[1])
    own = context.instrument
    market = market_of(symbol)
    rules = own if own.symbol == market else context.instruments.get(market)
    with localcontext(EXACT):
        return None if rate is None else rate * (rules.contract_size if rules else 1)


def _price(context: RiskContext, book: RiskBook, symbol: str, side: Side) -> Decimal | None:
    market = market_of(symbol)
    seen = context.reference_price(side) if market == context.instrument.symbol else None
    return seen or context.marks.prices.get(market) or current_position(book, symbol).entry_price


def check_symbol_exposure(candidate: Candidate) -> Denied | None:
    """Deny what could take its symbol above the limit of one symbol."""
    limit = candidate.context.settings.max_symbol_exposure
    if limit is None or not adds_exposure(candidate):
        return None
    symbol = candidate.terms.symbol
    worths = _of_market(_with_order(candidate), symbol)
    if None in worths.values():
        return _no_price(symbol, "max_symbol_exposure")
    exposure = gross_exposure(worths)
    if exposure <= limit:
        return None
    return deny(
        DenialCode.SYMBOL_EXPOSURE,
        f"{symbol} could come to {plain(exposure)} {candidate.context.marks.quote} with this"
        f" order; max_symbol_exposure allows {plain(limit)}.",
        exposure=exposure,
        max_symbol_exposure=limit,
    )


def check_gross_exposure(candidate: Candidate) -> Denied | None:
    """Deny what could take all symbols together above the limit; long and short are added."""
    limit = candidate.context.settings.max_gross_exposure
    if limit is None or not adds_exposure(candidate):
        return None
    worths = _with_order(candidate)
    for symbol, worth in worths.items():
        if worth is None:
            return _no_price(symbol, "max_gross_exposure")
    gross = gross_exposure(worths)
    if gross <= limit:
        return None
    return deny(
        DenialCode.GROSS_EXPOSURE,
        f"all symbols could come to {plain(gross)} {candidate.context.marks.quote} with this"
        f" order; max_gross_exposure allows {plain(limit)}.",
        exposure=gross,
        max_gross_exposure=limit,
    )


def gross_exposure(worths: dict[str, Worth | None]) -> Decimal:
    """Return the sum over all symbols that have a price."""
    with localcontext(EXACT):
        return sum((worth.exposure for worth in worths.values() if worth), ZERO)


def exposure_room(candidate: Candidate) -> Iterator[tuple[str, DenialCode, Decimal]]:
    """Yield what the limits leave for the order: setting, code, money of the account.

    Nothing where a price is missing: the checks tell that.
    """
    context, side, terms = candidate.context, candidate.terms.side, candidate.terms
    worths = measure(context, context.book, side)
    own = worths.get(terms.position, Worth())
    if own is None:
        return
    settings = context.settings
    if settings.max_symbol_exposure is not None:
        with localcontext(EXACT):
            others = gross_exposure(_of_market(worths, terms.symbol)) - own.exposure
            room = own.room(side, settings.max_symbol_exposure - others)
        yield "max_symbol_exposure", DenialCode.SYMBOL_EXPOSURE, room
    if settings.max_gross_exposure is not None:
        with localcontext(EXACT):
            others = gross_exposure(worths) - own.exposure
            room = own.room(side, settings.max_gross_exposure - others)
        yield "max_gross_exposure", DenialCode.GROSS_EXPOSURE, room


def _of_market(worths: dict[str, Worth | None], symbol: str) -> dict[str, Worth | None]:
    """Return the positions of one market: hedge mode has two, whose worth is added."""
    return {name: worth for name, worth in worths.items() if market_of(name) == symbol}


def _with_order(candidate: Candidate) -> dict[str, Worth | None]:
    """Return the worth of every symbol once the order is recorded."""
    terms, context = candidate.terms, candidate.context
    reference = context.reference_price(terms.side) or terms.price or terms.trigger_price or ZERO
    held = build_reservation(terms, reference, context.settings.market_order_collar)
    book = replace(context.book, reservations=(*context.book.reservations, held))
    return measure(context, book, terms.side)


def _no_price(symbol: str, setting: str) -> Denied:
    return deny(
        DenialCode.NO_PRICE,
        f"{symbol} shows no price to value it with; {setting} needs one.",
        symbol=symbol,
    )
