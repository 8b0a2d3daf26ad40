"""The table of endpoints: spot here, with the weights of its documentation, and futures."""

from __future__ import annotations

from collections.abc import Mapping

from . import account, exchange_info, market_data, order_lists, replacing, tickers, trading
from .endpoint import Access, Endpoint, Handler, Weight
from .futures.endpoints import ENDPOINTS as FUTURES

_API, _SAPI = "/api/v3", "/sapi/v1"


def _open_orders_weight(values: Mapping[str, str]) -> int:
    return 6 if "symbol" in values else 80


def _own_trades_weight(values: Mapping[str, str]) -> int:
    return 5 if "orderId" in values else 20


def _order_test_weight(values: Mapping[str, str]) -> int:
    return 20 if values.get("computeCommissionRates") == "true" else 1


def _get(path: str, handler: Handler, weight: Weight, ws: str = "") -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, weight=weight, ws_method=ws)


def _read(path: str, handler: Handler, weight: Weight, ws: str = "") -> Endpoint:
    return Endpoint(
        method="GET", path=path, handler=handler, weight=weight, ws_method=ws, access=Access.READ
    )


def _match(
    method: str, path: str, handler: Handler, ws: str, *, places_order: bool = False
) -> Endpoint:
    """Return an endpoint whose requests go on to the matching."""
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        access=Access.TRADE,
        ws_method=ws,
        is_free_on_success=True,
        reaches_matching=True,
        places_order=places_order,
    )


PUBLIC = (
    _get(f"{_API}/ping", market_data.ping, 1, "ping"),
    _get(f"{_API}/time", market_data.server_time, 1, "time"),
    _get(f"{_API}/exchangeInfo", exchange_info.exchange_info, 20, "exchangeInfo"),
    _get(f"{_API}/depth", market_data.depth, market_data.depth_weight, "depth"),
    _get(f"{_API}/trades", market_data.recent_trades, 25, "trades.recent"),
    _get(f"{_API}/historicalTrades", market_data.recent_trades, 25, "trades.historical"),
    _get(f"{_API}/aggTrades", market_data.aggregate_trades, 4, "trades.aggregate"),
    _get(f"{_API}/klines", market_data.candles, 2, "klines"),
    _get(f"{_API}/uiKlines", market_data.candles, 2, "uiKlines"),
    _get(f"{_API}/avgPrice", market_data.average_price, 2, "avgPrice"),
    _get(f"{_API}/ticker/24hr", tickers.day_ticker, tickers.day_weight, "ticker.24hr"),
    _get(f"{_API}/ticker/price", tickers.price_ticker, tickers.price_weight, "ticker.price"),
    _get(
        f"{_API}/ticker/bookTicker",
        tickers.book_ticker,
        tickers.price_weight,
        "ticker.book",
    ),
    _get(f"{_SAPI}/system/status", account.system_status, 1),
    # A market type that clients ask for by default and that this exchange does not have
    _get("/dapi/v1/exchangeInfo", account.no_symbols, 1),
)

_LIST = f"{_API}/orderList"

ORDERS = (
    _match("POST", f"{_API}/order", trading.place_order, "order.place", places_order=True),
    _match("DELETE", f"{_API}/order", trading.cancel_order, "order.cancel"),
    _match("DELETE", f"{_API}/openOrders", trading.cancel_open_orders, "openOrders.cancelAll"),
    _match(
        "POST",
        f"{_API}/order/cancelReplace",
        replacing.cancel_replace,
        "order.cancelReplace",
        places_order=True,
    ),
    Endpoint(
        method="POST",
        path=f"{_API}/order/test",
        handler=trading.check_order,
        weight=_order_test_weight,
        access=Access.TRADE,
        ws_method="order.test",
    ),
)

LISTS = (
    *(
        _match("POST", f"{_LIST}/{kind}", handler, f"orderList.place.{kind}", places_order=True)
        for kind, handler in (
            ("oco", order_lists.place_oco),
            ("oto", order_lists.place_oto),
            ("otoco", order_lists.place_otoco),
        )
    ),
    _match("DELETE", _LIST, order_lists.cancel_list, "orderList.cancel"),
    _read(_LIST, order_lists.query_list, 4, "orderList.status"),
    _read(f"{_API}/openOrderList", order_lists.open_lists, 6, "openOrderLists.status"),
    _read(f"{_API}/allOrderList", order_lists.all_lists, 20, "allOrderLists"),
)

ACCOUNT = (
    _read(f"{_API}/order", trading.query_order, 4, "order.status"),
    _read(f"{_API}/openOrders", trading.open_orders, _open_orders_weight, "openOrders.status"),
    _read(f"{_API}/allOrders", trading.all_orders, 20, "allOrders"),
    _read(f"{_API}/myTrades", trading.own_trades, _own_trades_weight, "myTrades"),
    _read(f"{_API}/account", account.account, 20, "account.status"),
    _read(f"{_API}/account/commission", account.commission, 20, "account.commission"),
    _read(f"{_API}/rateLimit/order", account.order_counts, 40, "account.rateLimits.orders"),
    _read(f"{_SAPI}/account/apiRestrictions", account.api_restrictions, 1),
    _read(f"{_SAPI}/capital/config/getall", account.coins, 10),
    _read(f"{_SAPI}/asset/tradeFee", account.trade_fees, 1),
    _read(f"{_SAPI}/margin/allPairs", account.nothing, 1),
    _read(f"{_SAPI}/margin/isolated/allPairs", account.nothing, 10),
)

ENDPOINTS = (*PUBLIC, *ORDERS, *LISTS, *ACCOUNT, *FUTURES)
BY_PATH = {(e.method, e.path): e for e in ENDPOINTS}
BY_WS_METHOD = {e.ws_method: e for e in ENDPOINTS if e.ws_method}
PATHS = frozenset(e.path for e in ENDPOINTS)
