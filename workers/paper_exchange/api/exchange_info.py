"""The rules of the markets and the limits of the exchange, as exchangeInfo tells them."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.limits import Limits
from workers.paper_exchange.market.prevention import MODES
from workers.paper_exchange.market.tape import AVERAGE_MINUTES
from workers.paper_exchange.spot.market import Market
from workers.paper_exchange.spot.symbols import ASSET_PRECISION, SymbolRules
from workers.paper_exchange.spot.venue import Venue

from .endpoint import Caller
from .parameters import Parameters
from .render import Json, number
from .symbol_parameters import read_symbols

ORDER_TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)


def order_rate_limits(limits: Limits) -> list[Json]:
    return [
        rate_limit("ORDERS", limit.interval, limit.count, limits.allowed(limit))
        for limit in limits.order_limits
    ]


def rate_limit(kind: str, interval: str, count: int, limit: int) -> Json:
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
            rate_limit("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
            *order_rate_limits(limits),
            rate_limit("RAW_REQUESTS", "MINUTE", 5, limits.requests_per_5m),
        ],
        "exchangeFilters": [],
        "symbols": [_symbol(venue.market(symbol)) for symbol in symbols or venue.markets],
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
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(rules),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": rules.self_trade_prevention,
        "allowedSelfTradePreventionModes": sorted(MODES),
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
