"""Tickers: the last price, the best prices, and the last day of each market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from workers.paper_exchange.market.market import Market
from workers.paper_exchange.market.marketplace import Marketplace

from .endpoint import Caller
from .parameters import Parameters
from .render import Json, number
from .symbol_parameters import chosen_markets, read_symbols

DAY_MS = 86_400_000


def _ticker_weight(one: int, many: int) -> Callable[[Mapping[str, str]], int]:
    return lambda values: one if "symbol" in values else many


day_weight = _ticker_weight(2, 80)
price_weight = _ticker_weight(2, 4)

#: What a ticker endpoint says about one market.
_Row = Callable[[Marketplace[Any, Any], Market], Json]


def _tickers(row: _Row, venue: Marketplace[Any, Any], parameters: Parameters) -> object:
    is_single = parameters.has("symbol")
    symbols = read_symbols(parameters)
    parameters.ignore("type", "symbolStatus")
    parameters.finish()
    rows = [row(venue, market) for market in chosen_markets(venue, symbols)]
    return rows[0] if is_single else rows


def day_ticker(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    return _tickers(day_row, venue, parameters)


def price_ticker(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    return _tickers(price_row, venue, parameters)


def book_ticker(venue: Marketplace[Any, Any], caller: Caller, parameters: Parameters) -> object:
    return _tickers(book_row, venue, parameters)


def price_row(venue: Marketplace[Any, Any], market: Market) -> Json:
    return {"symbol": market.rules.symbol, "price": number(market.tape.last_price)}


def book_row(venue: Marketplace[Any, Any], market: Market) -> Json:
    bid = next(iter(market.book.bids.levels(1)), (Decimal(0), Decimal(0)))
    ask = next(iter(market.book.asks.levels(1)), (Decimal(0), Decimal(0)))
    return {
        "symbol": market.rules.symbol,
        "bidPrice": number(bid[0]),
        "bidQty": number(bid[1]),
        "askPrice": number(ask[0]),
        "askQty": number(ask[1]),
    }


def day_row(venue: Marketplace[Any, Any], market: Market) -> Json:
    """Return the last 24 hours of one market."""
    now_ms = venue.clock()
    hours = market.tape.candles.read("1h", now_ms, start_ms=now_ms - DAY_MS, end_ms=None, limit=25)
    last, first = market.tape.last_price, hours[0]
    volume = sum((c.volume for c in hours), Decimal(0))
    turnover = sum((c.turnover for c in hours), Decimal(0))
    change = last - first.open
    book = book_row(venue, market)
    previous = list(market.tape.recent)[-1:]
    return {
        **book,
        "priceChange": number(change),
        "priceChangePercent": f"{change / first.open * 100:.3f}",
        "weightedAvgPrice": number(turnover / volume if volume else last),
        "prevClosePrice": number(first.open),
        "lastPrice": number(last),
        "lastQty": number(previous[0].quantity if previous else Decimal(0)),
        "openPrice": number(first.open),
        "highPrice": number(max(last, *(c.high for c in hours))),
        "lowPrice": number(min(last, *(c.low for c in hours))),
        "volume": number(volume),
        "quoteVolume": number(turnover),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": market.tape.recent[0].trade_id if previous else -1,
        "lastId": previous[0].trade_id if previous else -1,
        "count": sum(c.trades for c in hours),
    }
