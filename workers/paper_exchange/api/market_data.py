"""What everybody may ask: time, rules, books, trades, candles and tickers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import orjson

from workers.paper_exchange.errors import ApiError, invalid_data, missing_parameter
from workers.paper_exchange.spot.candles import INTERVALS, Candle, bucket_end
from workers.paper_exchange.spot.market import Market
from workers.paper_exchange.spot.orders import Print
from workers.paper_exchange.spot.symbols import ASSET_PRECISION, SymbolRules
from workers.paper_exchange.spot.tape import AVERAGE_MINUTES
from workers.paper_exchange.spot.venue import Venue

from .endpoint import Caller
from .parameters import Parameters
from .render import Json, levels, number

DAY_MS = 86_400_000

ORDER_TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)


def ping(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {}


def server_time(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"serverTime": venue.clock()}


def read_symbols(parameters: Parameters) -> list[str]:
    """Return the symbols of `symbol` or of the JSON list `symbols`; empty when none was sent."""
    if parameters.has("symbol"):
        return [parameters.symbol()]
    text = parameters.optional("symbols")
    if text is None:
        return []
    try:
        symbols = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid_data("symbols") from None
    if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
        raise invalid_data("symbols")
    return symbols


def _markets(venue: Venue, symbols: list[str]) -> list[Market]:
    return [venue.desk.market(s) for s in symbols] if symbols else list(venue.markets.values())


def order_rate_limits(per_10s: int, per_day: int) -> list[Json]:
    return [
        _rate_limit("ORDERS", "SECOND", 10, per_10s),
        _rate_limit("ORDERS", "DAY", 1, per_day),
    ]


def _rate_limit(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def exchange_info(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbols = read_symbols(parameters)
    parameters.ignore("permissions", "showPermissionSets", "symbolStatus")
    parameters.finish()
    limits = venue.limits
    return {
        "timezone": "UTC",
        "serverTime": venue.clock(),
        "rateLimits": [
            _rate_limit("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
            *order_rate_limits(limits.orders_per_10s, limits.orders_per_day),
            _rate_limit("RAW_REQUESTS", "MINUTE", 5, limits.requests_per_5m),
        ],
        "exchangeFilters": [],
        "symbols": [_symbol(market) for market in _markets(venue, symbols)],
    }


def _symbol(market: Market) -> Json:
    rules = market.rules
    return {
        "symbol": rules.symbol,
        "status": market.status,
        "baseAsset": rules.base,
        "baseAssetPrecision": ASSET_PRECISION,
        "quoteAsset": rules.quote,
        "quotePrecision": ASSET_PRECISION,
        "quoteAssetPrecision": ASSET_PRECISION,
        "baseCommissionPrecision": ASSET_PRECISION,
        "quoteCommissionPrecision": ASSET_PRECISION,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(rules),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _filters(rules: SymbolRules) -> list[Json]:
    up, down = str(rules.multiplier_up), str(rules.multiplier_down)
    rows: list[Json] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": number(rules.tick_size),
            "maxPrice": number(rules.max_price),
            "tickSize": number(rules.tick_size),
        },
        _lot("LOT_SIZE", rules.step_size, rules.max_quantity, rules.step_size),
        _lot("MARKET_LOT_SIZE", Decimal(0), rules.market_max_quantity, Decimal(0)),
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": up,
            "bidMultiplierDown": down,
            "askMultiplierUp": up,
            "askMultiplierDown": down,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": number(rules.min_notional),
            "applyMinToMarket": True,
            "maxNotional": number(rules.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": rules.max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": rules.max_algo_orders},
    ]
    if rules.max_position is not None:
        rows.append({"filterType": "MAX_POSITION", "maxPosition": number(rules.max_position)})
    return rows


def _lot(kind: str, smallest: Decimal, largest: Decimal, step: Decimal) -> Json:
    return {
        "filterType": kind,
        "minQty": number(smallest),
        "maxQty": number(largest),
        "stepSize": number(step),
    }


def depth_weight(values: Mapping[str, str]) -> int:
    """Return the weight of a book by its depth."""
    text = values.get("limit", "100")
    limit = int(text) if text.isdigit() else 100
    steps = ((100, 5), (500, 25), (1000, 50))
    return next((weight for largest, weight in steps if limit <= largest), 250)


def depth(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    market = venue.desk.market(parameters.symbol())
    limit = parameters.limit(100, 5000)
    parameters.ignore("symbolStatus")
    parameters.finish()
    return {
        "lastUpdateId": market.update_id,
        "bids": levels(market.book.bids.levels(limit)),
        "asks": levels(market.book.asks.levels(limit)),
    }


def recent_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    market = venue.desk.market(parameters.symbol())
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


def aggregate_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer aggTrades; here every trade is an aggregate of its own."""
    market = venue.desk.market(parameters.symbol())
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


def candles(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    market = venue.desk.market(parameters.symbol())
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


def average_price(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    market = venue.desk.market(parameters.symbol())
    parameters.finish()
    now_ms = venue.clock()
    return {
        "mins": AVERAGE_MINUTES,
        "price": number(market.tape.average_price(now_ms)),
        "closeTime": now_ms,
    }


def _ticker_weight(one: int, many: int) -> Callable[[Mapping[str, str]], int]:
    return lambda values: one if "symbol" in values else many


day_weight = _ticker_weight(2, 80)
price_weight = _ticker_weight(2, 4)

#: What a ticker endpoint says about one market.
_Row = Callable[[Venue, Market], Json]


def _tickers(row: _Row, venue: Venue, parameters: Parameters) -> object:
    is_single = parameters.has("symbol")
    symbols = read_symbols(parameters)
    parameters.ignore("type", "symbolStatus")
    parameters.finish()
    rows = [row(venue, market) for market in _markets(venue, symbols)]
    return rows[0] if is_single else rows


def day_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _tickers(day_row, venue, parameters)


def price_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _tickers(price_row, venue, parameters)


def book_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _tickers(book_row, venue, parameters)


def price_row(venue: Venue, market: Market) -> Json:
    return {"symbol": market.rules.symbol, "price": number(market.tape.last_price)}


def book_row(venue: Venue, market: Market) -> Json:
    bid = next(iter(market.book.bids.levels(1)), (Decimal(0), Decimal(0)))
    ask = next(iter(market.book.asks.levels(1)), (Decimal(0), Decimal(0)))
    return {
        "symbol": market.rules.symbol,
        "bidPrice": number(bid[0]),
        "bidQty": number(bid[1]),
        "askPrice": number(ask[0]),
        "askQty": number(ask[1]),
    }


def day_row(venue: Venue, market: Market) -> Json:
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
