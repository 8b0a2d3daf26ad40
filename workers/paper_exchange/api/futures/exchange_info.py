"""The rules of the contracts and the limits of the market, as fapi's exchangeInfo tells them."""

from __future__ import annotations

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.exchange_info import order_rate_limits, rate_limit
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json
from workers.paper_exchange.futures.contracts import ContractRules
from workers.paper_exchange.futures.market import Market
from workers.paper_exchange.futures.venue import Venue

_ORDER_TYPES = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
#: 2100-12-25: a perpetual is never delivered.
_NEVER_MS = 4_133_404_800_000
_ONBOARDED_MS = 1_569_398_400_000


def exchange_info(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    limits = venue.limits
    return {
        "timezone": "UTC",
        "serverTime": venue.clock(),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            rate_limit("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
            *order_rate_limits(limits),
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": None}
            for asset in venue.margins.assets()
        ],
        "symbols": [_symbol(market) for market in venue.markets.values()],
    }


def _symbol(market: Market) -> Json:
    rules = market.rules
    return {
        "symbol": rules.symbol,
        "pair": rules.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_MS,
        "onboardDate": _ONBOARDED_MS,
        "status": market.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        "pricePrecision": rules.price_precision,
        "quantityPrecision": rules.quantity_precision,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": f"{rules.liquidation_fee_rate:f}",
        "marketTakeBound": f"{rules.multiplier_up - 1:f}",
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(rules),
        "orderTypes": _ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["COPY"],
    }


def _filters(rules: ContractRules) -> list[Json]:
    step = f"{rules.step_size:f}"
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": f"{rules.tick_size:f}",
            "maxPrice": f"{rules.max_price:f}",
            "tickSize": f"{rules.tick_size:f}",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": step,
            "maxQty": f"{rules.max_quantity:f}",
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": step,
            "maxQty": f"{rules.market_max_quantity:f}",
            "stepSize": step,
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": rules.max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": f"{rules.min_notional:f}"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{rules.multiplier_up:f}",
            "multiplierDown": f"{rules.multiplier_down:f}",
            "multiplierDecimal": "4",
        },
    ]
