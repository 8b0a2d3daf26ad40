"""Binance spot's orders, trades and prices in our words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine.domain.candle import Candle
from engine.domain.decimals import shorten
from engine.domain.end_reason import SELF_TRADE, Reason
from engine.domain.fill import Fill, Liquidity, Side
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.report import OrderReport, Ticker
from engine.exchange.binance.parameters import POST_ONLY, TYPES
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import (
    Row,
    as_number,
    as_rows,
    as_time_ms,
    flag,
    identifier,
    number,
    optional_price,
    optional_text,
    quantity,
    text,
    time_ms,
)

#: A status that is missing here is never guessed: the whole answer then counts as unread.
STATUSES = {
    "NEW": OrderStatus.ACCEPTED,
    "PENDING_NEW": OrderStatus.ACCEPTED,  # A leg that waits for its list
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,  # Self-trade prevention
    # It has an exchange id: the exchange took the order and its engine ended it
    "REJECTED": OrderStatus.EXPIRED,
}
#: Where the status itself says why.
REASONS = {
    "EXPIRED_IN_MATCH": Reason(
        code=SELF_TRADE, message="it would have traded with another order of the account"
    ),
}
SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
#: A trailing stop that we watch goes out as a market order: what comes back is one.
ORDER_TYPES = {
    **{word: kind for kind, word in TYPES.items()},
    POST_ONLY: OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
}


def map_order(row: Row, symbols: Mapping[str, str], fills: tuple[Fill, ...] = ()) -> OrderReport:
    """Return the report of an order; `symbols` are the exchange's words for ours.

    `fills`: those that came in the same message.
    """
    at_ms = (time_ms(row, "time"), time_ms(row, "updateTime"))
    return _report(row, map_symbol(row, symbols), *at_ms, fills)


def map_placed(row: Row, symbols: Mapping[str, str]) -> OrderReport:
    """Return the report of the answer to a placement."""
    at_ms = time_ms(row, "transactTime")
    return _report(row, map_symbol(row, symbols), at_ms, at_ms)


def map_canceled(row: Row, symbols: Mapping[str, str], created_at_ms: int | None) -> OrderReport:
    """Return the report of the answer to a cancel, which does not say when the order began."""
    at_ms = time_ms(row, "transactTime")
    return _report(row, map_symbol(row, symbols), created_at_ms or at_ms, at_ms)


def listed_orders(rows: Iterable[Row]) -> list[Row]:
    """Return the orders of a cancel of everything; an order list brings its own as one row."""
    return [
        order
        for row in rows
        for order in (as_rows(row["orderReports"]) if "orderReports" in row else [row])
    ]


def map_symbol(row: Row, symbols: Mapping[str, str]) -> str:
    word = text(row, "symbol")
    if word not in symbols:
        raise Unreadable(f"symbol is {shorten(word)}, which was not asked for")
    return symbols[word]


def _report(
    row: Row,
    symbol: str,
    created_at_ms: int,
    updated_at_ms: int,
    fills: tuple[Fill, ...] = (),
) -> OrderReport:
    return OrderReport(
        exchange_order_id=identifier(row, "orderId"),
        client_order_id=text(row, "clientOrderId"),
        original_client_order_id=optional_text(row, "origClientOrderId"),
        order_list_id=_order_list_id(row),
        symbol=symbol,
        side=_choose(SIDES, row, "side"),
        order_type=ORDER_TYPES.get(text(row, "type")),
        status=_choose(STATUSES, row, "status"),
        quantity=quantity(row, "origQty"),
        filled_quantity=quantity(row, "executedQty"),
        filled_cost=_told_cost(row),
        price=optional_price(row, "price"),
        created_at_ms=created_at_ms,
        updated_at_ms=updated_at_ms,
        reason=REASONS.get(text(row, "status")),
        fills=fills,
    )


def _order_list_id(row: Row) -> str | None:
    """Return the id of the order's list; below zero it is in none."""
    told = row.get("orderListId")
    return None if told is None or told == -1 else identifier(row, "orderListId")


def _told_cost(row: Row) -> Decimal | None:
    """Return the cumulative cost; below zero it means that the exchange does not know it."""
    if row.get("cummulativeQuoteQty") is None:
        return None
    cost = number(row, "cummulativeQuoteQty")
    return None if cost < 0 else cost


def _choose(table: Mapping[str, Any], row: Row, field: str) -> Any:
    word = text(row, field)
    if word not in table:
        raise Unreadable(f"{field} is {shorten(word)}, which is not known")
    return table[word]


def map_fill(row: Row, symbols: Mapping[str, str]) -> Fill:
    """Return one of our trades. Binance does not state the client id of its order."""
    return Fill(
        trade_id=identifier(row, "id"),
        exchange_order_id=identifier(row, "orderId"),
        symbol=map_symbol(row, symbols),
        side=Side.BUY if flag(row, "isBuyer") else Side.SELL,
        quantity=quantity(row, "qty"),
        price=quantity(row, "price"),
        cost=quantity(row, "quoteQty"),
        fee=number(row, "commission"),
        fee_currency=text(row, "commissionAsset"),
        liquidity=Liquidity.MAKER if flag(row, "isMaker") else Liquidity.TAKER,
        executed_at_ms=time_ms(row, "time"),
    )


def map_ticker(row: Row, symbol: str, asked_at_ms: int) -> Ticker:
    """Return bid, ask and last; an empty side of the book is unread, never a price of 0."""
    prices = {name: quantity(row, name) for name in ("bidPrice", "askPrice", "lastPrice")}
    for name, price in prices.items():
        if not price:
            raise Unreadable(f"{name} is 0: the book of {symbol} has no such price")
    return Ticker(
        symbol=symbol,
        bid=prices["bidPrice"],
        ask=prices["askPrice"],
        last=prices["lastPrice"],
        at_ms=asked_at_ms,
    )


def map_candle(row: Any) -> Candle:
    if not isinstance(row, list) or len(row) < 6:
        raise Unreadable(f"expected a candle, got {shorten(row)}")
    opened_at_ms = as_time_ms(row[0], "open time")
    names = ("open", "high", "low", "close", "volume")
    values = {name: as_number(row[place], name) for place, name in enumerate(names, start=1)}
    return Candle(opened_at_ms=opened_at_ms, **values)
