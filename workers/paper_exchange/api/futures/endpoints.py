"""The table of the futures endpoints; weights as in Binance's USDⓈ-M documentation."""

from __future__ import annotations

from dataclasses import replace

from workers.paper_exchange.api import market_data as shared
from workers.paper_exchange.api.endpoint import Access, Endpoint, Handler, Weight

from . import (
    account,
    algo,
    batches,
    exchange_info,
    listen_keys,
    market_data,
    positions,
    settings,
    trading,
)

_V1, _V2, _V3 = "/fapi/v1", "/fapi/v2", "/fapi/v3"
_DEPTH = market_data.by_limit(((50, 2), (100, 5), (500, 10), (1000, 20)), 500)
_CANDLES = market_data.by_limit(((99, 1), (499, 2), (1000, 5), (1500, 10)), 500)


def _row(
    method: str, path: str, handler: Handler, weight: Weight = 1, access: Access = Access.PUBLIC
) -> Endpoint:
    return Endpoint(
        method=method,
        path=path,
        market_type="futures",
        handler=handler,
        weight=weight,
        access=access,
    )


def _get(path: str, handler: Handler, weight: Weight = 1) -> Endpoint:
    return _row("GET", path, handler, weight)


def _read(path: str, handler: Handler, weight: Weight = 1) -> Endpoint:
    return _row("GET", path, handler, weight, Access.READ)


def _act(method: str, path: str, handler: Handler, weight: Weight = 1) -> Endpoint:
    """Return an endpoint of a key that may trade.

    The documentation of futures knows the check of the timestamp at arrival only, so a request
    that waits on its way to the matching is carried out, however late.
    """
    return _row(method, path, handler, weight, Access.TRADE)


PUBLIC = (
    _get(f"{_V1}/ping", shared.ping),
    _get(f"{_V1}/time", shared.server_time),
    _get(f"{_V1}/exchangeInfo", exchange_info.exchange_info),
    _get(f"{_V1}/depth", market_data.depth, _DEPTH),
    _get(f"{_V1}/trades", shared.recent_trades, 5),
    _get(f"{_V1}/historicalTrades", shared.recent_trades, 20),
    _get(f"{_V1}/aggTrades", shared.aggregate_trades, 20),
    _get(f"{_V1}/klines", shared.candles, _CANDLES),
    _get(f"{_V1}/ticker/24hr", market_data.day_ticker, market_data.one_or_all(1, 40)),
    _get(f"{_V1}/ticker/price", market_data.price_ticker, market_data.one_or_all(1, 2)),
    _get(f"{_V2}/ticker/price", market_data.price_ticker, market_data.one_or_all(1, 2)),
    _get(f"{_V1}/ticker/bookTicker", market_data.book_ticker, market_data.one_or_all(2, 5)),
    _get(f"{_V1}/fundingRate", market_data.funding_rates),
    _get(f"{_V1}/fundingInfo", market_data.funding_info),
    _get(f"{_V1}/premiumIndex", market_data.premium_index, market_data.one_or_all(1, 10)),
)

ORDERS = (
    replace(
        _act("POST", f"{_V1}/order", trading.place_order, 0),
        places_order=True,
    ),
    _act("POST", f"{_V1}/order/test", trading.check_order),
    _act("PUT", f"{_V1}/order", trading.amend_order),
    _act("DELETE", f"{_V1}/order", trading.cancel_order),
    _act("DELETE", f"{_V1}/allOpenOrders", trading.cancel_open_orders),
    _read(f"{_V1}/order", trading.query_order),
    _read(f"{_V1}/openOrder", trading.query_open_order),
    _read(f"{_V1}/openOrders", trading.open_orders, market_data.one_or_all(1, 40)),
    _read(f"{_V1}/allOrders", trading.all_orders, 5),
    _read(f"{_V1}/userTrades", trading.own_trades, 5),
    _read(f"{_V1}/forceOrders", trading.forced_orders, market_data.one_or_all(20, 50)),
)

BATCHES = (
    replace(_act("POST", f"{_V1}/batchOrders", batches.place_batch, 5), places_order=True),
    _act("DELETE", f"{_V1}/batchOrders", batches.cancel_batch),
    _act("POST", f"{_V1}/countdownCancelAll", batches.set_countdown, 10),
)

ALGO = (
    replace(_act("POST", f"{_V1}/algoOrder", algo.place_algo, 0), places_order=True),
    _act("DELETE", f"{_V1}/algoOrder", algo.cancel_algo),
    _act("DELETE", f"{_V1}/algoOpenOrders", algo.cancel_open_algos),
    _read(f"{_V1}/algoOrder", algo.query_algo),
    _read(f"{_V1}/openAlgoOrders", algo.open_algos, market_data.one_or_all(1, 40)),
    _read(f"{_V1}/allAlgoOrders", algo.all_algos, 5),
)

ACCOUNT = (
    _read(f"{_V2}/account", account.account_v2, 5),
    _read(f"{_V3}/account", account.account_v3, 5),
    _read(f"{_V2}/balance", account.balance, 5),
    _read(f"{_V3}/balance", account.balance, 5),
    _read(f"{_V2}/positionRisk", positions.position_risk_v2, 5),
    _read(f"{_V3}/positionRisk", positions.position_risk_v3, 5),
    _read(f"{_V1}/accountConfig", account.account_config, 5),
    _read(f"{_V1}/commissionRate", account.commission_rate, 20),
    _read(f"{_V1}/rateLimit/order", account.order_counts),
    _read(f"{_V1}/income", account.income, 30),
)

SETTINGS = (
    _act("POST", f"{_V1}/leverage", settings.set_leverage),
    _act("POST", f"{_V1}/marginType", settings.set_margin_type),
    _act("POST", f"{_V1}/positionMargin", settings.move_margin),
    _read(f"{_V1}/positionSide/dual", settings.position_mode, 30),
    _act("POST", f"{_V1}/positionSide/dual", settings.set_position_mode),
    _read(f"{_V1}/multiAssetsMargin", settings.assets_mode, 30),
    _act("POST", f"{_V1}/multiAssetsMargin", settings.set_assets_mode),
    _read(f"{_V1}/symbolConfig", settings.symbol_config, 5),
    _read(f"{_V1}/leverageBracket", settings.leverage_brackets),
)

LISTEN_KEYS = tuple(
    _row(method, f"{_V1}/listenKey", handler, 1, Access.KEY)
    for method, handler in (
        ("POST", listen_keys.open_key),
        ("PUT", listen_keys.extend_key),
        ("DELETE", listen_keys.close_key),
    )
)

ENDPOINTS = (*PUBLIC, *ORDERS, *BATCHES, *ALGO, *ACCOUNT, *SETTINGS, *LISTEN_KEYS)
