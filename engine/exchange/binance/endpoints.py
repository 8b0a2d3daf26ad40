"""Binance spot's endpoints and what each costs. Data.

Weights: Binance's REST documentation for spot, as of 2026. A successful placement or cancel costs
no weight since 2026-04-02, a failed one still does, so the weight of a failure is what we set
aside. Each placement takes one of the account's order counts.
"""

from __future__ import annotations

from engine.exchange.binance.price_list import PriceList
from engine.exchange.dialect import Endpoint
from engine.ports import Cost


def _public(path: str, weight: int) -> Endpoint:
    return Endpoint(api="public", method="GET", path=path, cost=Cost(weight=weight))


def _signed(path: str, weight: int) -> Endpoint:
    return Endpoint(api="private", method="GET", path=path, cost=Cost(weight=weight))


SERVER_TIME = _public("time", 1)
EXCHANGE_INFO = _public("exchangeInfo", 20)
TICKER = _public("ticker/24hr", 2)  # For one symbol
CANDLES = _public("klines", 2)

ACCOUNT = _signed("account", 20)
ORDER = _signed("order", 4)
OPEN_ORDERS_OF_SYMBOL = _signed("openOrders", 6)
OPEN_ORDERS = _signed("openOrders", 80)
ALL_ORDERS = _signed("allOrders", 20)
FILLS = _signed("myTrades", 20)
FILLS_OF_ORDER = _signed("myTrades", 5)
KEY_RESTRICTIONS = Endpoint(
    api="sapi", method="GET", path="account/apiRestrictions", cost=Cost(weight=1)
)

SUBMIT = Endpoint(api="private", method="POST", path="order", cost=Cost(weight=1, orders=1))
SUBMIT_LIST = Endpoint(
    api="private", method="POST", path="orderList/oco", cost=Cost(weight=1, orders=2)
)
CANCEL = Endpoint(api="private", method="DELETE", path="order", cost=Cost(weight=1))
CANCEL_ALL = Endpoint(api="private", method="DELETE", path="openOrders", cost=Cost(weight=1))

SPOT = PriceList(
    server_time=SERVER_TIME,
    instruments=EXCHANGE_INFO,
    ticker=TICKER,
    candles=CANDLES,
    account=ACCOUNT,
    order=ORDER,
    open_orders_of_symbol=OPEN_ORDERS_OF_SYMBOL,
    open_orders=OPEN_ORDERS,
    all_orders=ALL_ORDERS,
    fills=FILLS,
    fills_of_order=FILLS_OF_ORDER,
    submit=SUBMIT,
    cancel=CANCEL,
    cancel_all=CANCEL_ALL,
)
QUERY_WEIGHTS = SPOT.query_weights
