"""What everybody may ask: time, rules, books, trades, candles and tickers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.paper_exchange.errors import ApiError, missing_parameter
from workers.paper_exchange.market.candles import INTERVALS, Candle, bucket_end
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.tape import AVERAGE_MINUTES
from workers.paper_exchange.market.trades import Print

from .endpoint import Caller
from .parameters import Parameters
from .render import Json, levels, number

DAY_MS = 86_400_000


def ping(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {}


def server_time(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"serverTime": venue.clock()}


def depth_weight(values: Mapping[str, str]) -> int:
    """Return the weight of a book by its depth."""
    text = values.get("limit", "100")
    limit = int(text) if text.isdigit() else 100
    steps = ((100, 5), (500, 25), (1000, 50))
    return next((weight for largest, weight in steps if limit <= largest), 250)


def depth(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    market = venue.market(parameters.symbol())
    limit = parameters.limit(100, 5000)
    parameters.ignore("symbolStatus")
    parameters.finish()
    return {
        "lastUpdateId": market.update_id,
        "bids": levels(market.book.bids.levels(limit)),
        "asks": levels(market.book.asks.levels(limit)),
    }


def recent_trades(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    market = venue.market(parameters.symbol())
    limit = parameters.limit(500, 1000)
    from_id = parameters.integer("fromId")
    parameters.finish()
    rows = list(market.tape.recent)
    if from_id is not None:
        return [_trade(p) for p in rows if p.trade_id >= from_id][:limit]
    return [_trade(p) for p in rows[-limit:]]


def _trade(row: Print) -> Json:
    return {
        "id": row.trade_id,
        "price": number(row.price),
        "qty": number(row.quantity),
        "quoteQty": number(row.price * row.quantity),
        "time": row.executed_at_ms,
        "isBuyerMaker": row.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate_trades(
    venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters
) -> object:
    """Answer aggTrades; here every trade is an aggregate of its own."""
    market = venue.market(parameters.symbol())
    from_id = parameters.integer("fromId")
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    rows = [
        p
        for p in market.tape.recent
        if (from_id is None or p.trade_id >= from_id)
        and (start_ms is None or p.executed_at_ms >= start_ms)
        and (end_ms is None or p.executed_at_ms <= end_ms)
    ]
    upward = from_id is not None or start_ms is not None
    return [_aggregate(p) for p in (rows[:limit] if upward else rows[-limit:])]


def _aggregate(row: Print) -> Json:
    return {
        "a": row.trade_id,
        "p": number(row.price),
        "q": number(row.quantity),
        "f": row.trade_id,
        "l": row.trade_id,
        "T": row.executed_at_ms,
        "m": row.buyer_is_maker,
        "M": True,
    }


def candles(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    market = venue.market(parameters.symbol())
    interval = parameters.optional("interval")
    if interval is None:
        raise missing_parameter("interval")
    if interval not in INTERVALS:
        raise ApiError(-1120, "Invalid interval.")
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    limit = parameters.limit(500, 1000)
    parameters.ignore("timeZone")
    parameters.finish()
    rows = market.tape.candles.read(
        interval, venue.clock(), start_ms=start_ms, end_ms=end_ms, limit=limit
    )
    return [_candle(c, interval) for c in rows]


def _candle(candle: Candle, interval: str) -> list[object]:
    half = number(candle.volume / 2)
    return [
        candle.open_ms,
        number(candle.open),
        number(candle.high),
        number(candle.low),
        number(candle.close),
        number(candle.volume),
        bucket_end(candle.open_ms, interval) - 1,
        number(candle.turnover),
        candle.trades,
        half,
        number(candle.turnover / 2),
        "0",
    ]


def average_price(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    market = venue.market(parameters.symbol())
    parameters.finish()
    now_ms = venue.clock()
    return {
        "mins": AVERAGE_MINUTES,
        "price": number(market.tape.average_price(now_ms)),
        "closeTime": now_ms,
    }
