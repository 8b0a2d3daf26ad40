"""Exposure: what is held, and what unfinished orders may still add or take."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import market_of
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.position import Position, empty_position, split_symbol
from engine.domain.risk import Reservation, RiskBook


def current_position(book: RiskBook, symbol: str) -> Position:
    """Return the position of `symbol` with the ledger rows that are not folded yet."""
    known = next((one for one in book.positions if one.symbol == symbol), None)
    position = known or empty_position("", symbol)
    for row in sorted(book.unfolded.get(symbol, ()), key=lambda row: row.sort_key):
        position = position.apply_row(row)
    return position


def pending(book: RiskBook, symbol: str, side: Side) -> tuple[Reservation, ...]:
    """Return the unfinished orders of one side, reduce-only ones included."""
    return tuple(one for one in book.reservations if one.symbol == symbol and one.side is side)


def pending_quantity(
    book: RiskBook, symbol: str, side: Side, *, entries_only: bool = False, without: str = ""
) -> Decimal:
    """Return the base quantity that unfinished orders of one side may still trade.

    `entries_only` leaves out what can only reduce; `without` leaves out one client order id.
    """
    counted = (
        one.quantity
        for one in pending(book, symbol, side)
        if one.client_order_id != without and not (entries_only and one.reduces)
    )
    with localcontext(EXACT):
        return sum(counted, ZERO)


def exposure(book: RiskBook, symbol: str) -> Decimal:
    """Return the largest base quantity that `symbol` can come to, either way."""
    held = current_position(book, symbol).net_quantity
    buys = pending_quantity(book, symbol, Side.BUY, entries_only=True)
    sells = pending_quantity(book, symbol, Side.SELL, entries_only=True)
    with localcontext(EXACT):
        return max(abs(held + buys), abs(held - sells))


def used_budget(book: RiskBook) -> Decimal:
    """Return the quote value of all that trades opened and unfinished orders may add.

    Positions count at what they cost, orders at the price that they were approved with; coins
    that were there before us have no known cost and count nothing.
    """
    with localcontext(EXACT):
        return sum((_used_by(book, symbol) for symbol in symbols_of(book)), ZERO)


def _used_by(book: RiskBook, symbol: str) -> Decimal:
    cost = current_position(book, symbol).traded_cost
    buys = pending_value(book, symbol, Side.BUY)
    if is_spot(symbol):
        return abs(cost + buys)
    return max(abs(cost + buys), abs(cost - pending_value(book, symbol, Side.SELL)))


def pending_value(book: RiskBook, symbol: str, side: Side) -> Decimal:
    """Return what unfinished orders of one side may add, at the prices of their approval."""
    orders = (one for one in pending(book, symbol, side) if not one.reduces)
    with localcontext(EXACT):
        return sum((one.quantity * one.price for one in orders), ZERO)


def open_symbols(
    book: RiskBook, instruments: Mapping[str, Instrument], prices: Mapping[str, Decimal]
) -> frozenset[str]:
    """Return the symbols with a position that trades opened, or an order that may open one.

    What is too small to be sold is none, by its quantity or by its worth: at the market's price
    (quote per base) where `prices` has it, else at what was paid.
    """
    return frozenset(
        symbol
        for symbol in symbols_of(book)
        if not _is_nothing(book, symbol, instruments, prices) or _has_entry(book, symbol)
    )


def _has_entry(book: RiskBook, symbol: str) -> bool:
    """A spot sale never opens anything; elsewhere every order that is not reduce-only may."""
    sides = (Side.BUY,) if is_spot(symbol) else (Side.BUY, Side.SELL)
    return any(pending_quantity(book, symbol, side, entries_only=True) > 0 for side in sides)


def _is_nothing(
    book: RiskBook,
    symbol: str,
    instruments: Mapping[str, Instrument],
    prices: Mapping[str, Decimal],
) -> bool:
    position, market = current_position(book, symbol), market_of(symbol)
    instrument = instruments.get(market)
    if instrument is None:
        return position.traded_quantity == 0
    price = prices.get(market) or position.entry_price
    return instrument.is_dust(position.traded_quantity, price)


def is_spot(symbol: str) -> bool:
    """Tell a spot symbol from a derivative's ("BTC/USDT:USDT" names what it settles in)."""
    return ":" not in symbol


def symbols_of(book: RiskBook) -> frozenset[str]:
    """Return every market of the book; rows of an asset without a market open nothing."""
    named = (
        {one.symbol for one in book.positions}
        | {one.symbol for one in book.reservations}
        | {symbol for symbol, rows in book.unfolded.items() if rows}
    )
    return frozenset(symbol for symbol in named if split_symbol(symbol)[1])
