"""Market data in the words of the market streams."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from workers.paper_exchange.api.render import levels, number
from workers.paper_exchange.api.tickers import day_row
from workers.paper_exchange.market.candles import Candle, bucket_end
from workers.paper_exchange.market.market import Market
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.trades import Print

from .connection import Event

Levels = dict[Decimal, Decimal]


def trade(symbol: str, row: Print) -> Event:
    return {
        "e": "trade",
        "E": row.executed_at_ms,
        "s": symbol,
        "t": row.trade_id,
        "p": number(row.price),
        "q": number(row.quantity),
        "T": row.executed_at_ms,
        "m": row.buyer_is_maker,
        "M": True,
    }


def aggregate_trade(symbol: str, row: Print) -> Event:
    event = trade(symbol, row)
    del event["t"]
    ids = {"a": row.trade_id, "f": row.trade_id, "l": row.trade_id}
    return {**event, "e": "aggTrade", **ids}


def best_prices(market: Market, now_ms: int) -> Event:
    """Return a bookTicker; it has no event type and no time on the wire."""
    nothing = [(Decimal(0), Decimal(0))]
    bid = (market.book.bids.levels(1) or nothing)[0]
    ask = (market.book.asks.levels(1) or nothing)[0]
    return {
        "u": market.update_id,
        "s": market.rules.symbol,
        "b": number(bid[0]),
        "B": number(bid[1]),
        "a": number(ask[0]),
        "A": number(ask[1]),
    }


def partial_depth(market: Market, count: int, now_ms: int) -> Event:
    return {
        "lastUpdateId": market.update_id,
        "bids": levels(market.book.bids.levels(count)),
        "asks": levels(market.book.asks.levels(count)),
    }


def depth_update(market: Market, first_id: int, bids: Levels, asks: Levels, now_ms: int) -> Event:
    """Return the levels that changed; a quantity of zero takes a level out."""
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "s": market.rules.symbol,
        "U": first_id,
        "u": market.update_id,
        "b": levels(sorted(bids.items(), reverse=True)),
        "a": levels(sorted(asks.items())),
    }


def changed_levels(before: Levels, after: Levels) -> Levels:
    """Return what turns the levels `before` into those `after`."""
    gone = {price: Decimal(0) for price in before if price not in after}
    return gone | {price: q for price, q in after.items() if before.get(price) != q}


def candle(symbol: str, interval: str, row: Candle, is_closed: bool, now_ms: int) -> Event:
    return {
        "e": "kline",
        "E": now_ms,
        "s": symbol,
        "k": {
            "t": row.open_ms,
            "T": bucket_end(row.open_ms, interval) - 1,
            "s": symbol,
            "i": interval,
            "f": -1,
            "L": -1,
            "o": number(row.open),
            "c": number(row.close),
            "h": number(row.high),
            "l": number(row.low),
            "v": number(row.volume),
            "n": row.trades,
            "x": is_closed,
            "q": number(row.turnover),
            "V": number(row.volume / 2),
            "Q": number(row.turnover / 2),
            "B": "0",
        },
    }


def day_ticker(venue: Marketplace[Any, Any], market: Market) -> Event:
    row = day_row(venue, market)
    return {
        "e": "24hrTicker",
        "E": row["closeTime"],
        "s": row["symbol"],
        "p": row["priceChange"],
        "P": row["priceChangePercent"],
        "w": row["weightedAvgPrice"],
        "x": row["prevClosePrice"],
        "c": row["lastPrice"],
        "Q": row["lastQty"],
        "b": row["bidPrice"],
        "B": row["bidQty"],
        "a": row["askPrice"],
        "A": row["askQty"],
        "o": row["openPrice"],
        "h": row["highPrice"],
        "l": row["lowPrice"],
        "v": row["volume"],
        "q": row["quoteVolume"],
        "O": row["openTime"],
        "C": row["closeTime"],
        "F": row["firstId"],
        "L": row["lastId"],
        "n": row["count"],
    }


def mini_ticker(venue: Marketplace[Any, Any], market: Market) -> Event:
    full = day_ticker(venue, market)
    wanted = ("E", "s", "c", "o", "h", "l", "v", "q")
    return {"e": "24hrMiniTicker", **{name: full[name] for name in wanted}}
