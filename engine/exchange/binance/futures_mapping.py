"""Binance USDⓈ-M's orders, trades and rules in our words. Pure.

Fields that spot names otherwise get spot's names first, and are then read by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.domain.decimals import shorten
from engine.domain.derivative import PositionSide
from engine.domain.fill import Fill, Side
from engine.domain.instrument import Instrument
from engine.domain.report import OrderReport, Ticker
from engine.exchange.binance import instruments, mapping
from engine.exchange.binance.futures_parameters import TYPES
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, number, quantity, text

ORDER_TYPES = {word: kind for kind, word in TYPES.items()}
POSITION_SIDES = {side.upper(): side for side in PositionSide}
#: Contracts without a day of delivery; the second kind follows shares and metals.
PERPETUALS = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})


def map_order(row: Row, symbols: Mapping[str, str], fills: tuple[Fill, ...] = ()) -> OrderReport:
    """Return the report of a queried order, or of one that the stream tells."""
    report = mapping.map_order({**row, "cummulativeQuoteQty": row.get("cumQuote")}, symbols, fills)
    return _of_contract(report, row)


def map_answered(row: Row, symbols: Mapping[str, str], created_at_ms: int | None) -> OrderReport:
    """Return the report of the answer to a placement or a cancel.

    It does not say when the order began: `created_at_ms`, else the time of its last change.
    """
    began_ms = row.get("updateTime") if created_at_ms is None else created_at_ms
    return map_order({**row, "time": began_ms}, symbols)


def _of_contract(report: OrderReport, row: Row) -> OrderReport:
    # A triggered order is a market or limit order by now; what was asked for is its origin
    kind = ORDER_TYPES.get(str(row.get("origType") or row.get("type")))
    # Conditional orders have a service of their own: one in this list was placed by a trigger
    was_triggered = kind is not None and kind.is_conditional
    return replace(
        report,
        triggered_order_id=report.exchange_order_id if was_triggered else None,
        order_type=kind,
        position_side=map_position_side(row),
        reduce_only=row.get("reduceOnly") is True,
        close_position=row.get("closePosition") is True,
    )


def map_position_side(row: Row) -> PositionSide:
    word = text(row, "positionSide")
    if word not in POSITION_SIDES:
        raise Unreadable(f"positionSide is {shorten(word)}, which is not known")
    return POSITION_SIDES[word]


def map_fill(row: Row, symbols: Mapping[str, str]) -> Fill:
    """Return one of our trades, with the profit that the exchange booked for it."""
    side = text(row, "side")
    if side not in mapping.SIDES:
        raise Unreadable(f"side is {shorten(side)}, which is not known")
    renamed = {
        **row,
        "isBuyer": mapping.SIDES[side] is Side.BUY,
        "isMaker": row.get("maker"),
    }
    return replace(
        mapping.map_fill(renamed, symbols),
        position_side=map_position_side(row),
        realized_pnl=number(row, "realizedPnl"),
    )


def map_ticker(row: Row, symbol: str, asked_at_ms: int) -> Ticker:
    """Return bid and ask; an empty side of the book is unread, never a price of 0."""
    bid, ask = quantity(row, "bidPrice"), quantity(row, "askPrice")
    if not bid or not ask:
        raise Unreadable(f"the book of {symbol} has an empty side")
    return Ticker(symbol=symbol, bid=bid, ask=ask, at_ms=asked_at_ms)


def map_instruments(answer: Any) -> tuple[Instrument, ...]:
    """Return the perpetual contracts of an exchangeInfo; one that cannot be read is left out."""
    rows = as_rows(as_row(answer).get("symbols"))
    listed = [row for row in rows if row.get("contractType") in PERPETUALS]
    found = tuple(item for item in map(_readable, listed) if item is not None)
    if not found:
        raise Unreadable("the exchange lists no readable contract")
    return found


def _readable(row: Row) -> Instrument | None:
    try:
        return map_instrument(row)
    except Unreadable:
        return None


def map_instrument(row: Row) -> Instrument:
    """Return the rules of one contract; on USDⓈ-M one contract is one coin."""
    filters = [_renamed_filter(item) for item in as_rows(row.get("filters"))]
    spot_words = {"isSpotTradingAllowed": True, "quoteAssetPrecision": row.get("quotePrecision")}
    listed = instruments.map_instrument({**row, **spot_words, "filters": filters})
    return replace(
        listed,
        symbol=f"{listed.base}/{listed.quote}:{text(row, 'marginAsset')}",
        market_type="linear",
    )


def _renamed_filter(item: Row) -> Row:
    if item.get("filterType") != "MIN_NOTIONAL":
        return item
    return {"filterType": "MIN_NOTIONAL", "minNotional": item.get("notional")}
