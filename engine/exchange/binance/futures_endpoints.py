"""The endpoints of Binance USDⓈ-M and what each costs. Data.

Weights: Binance's REST documentation for USDⓈ-M futures, as of 2026. A placement takes no weight,
but one of the account's order counts of ten seconds and of a minute.
"""

from __future__ import annotations

from engine.exchange.binance.price_list import PriceList
from engine.exchange.dialect import Endpoint
from engine.ports import Cost


def _public(path: str, weight: int) -> Endpoint:
    return Endpoint(api="fapiPublic", method="GET", path=path, cost=Cost(weight=weight))


def _signed(path: str, weight: int, method: str = "GET", api: str = "fapiPrivate") -> Endpoint:
    return Endpoint(api=api, method=method, path=path, cost=Cost(weight=weight))


FUTURES = PriceList(
    server_time=_public("time", 1),
    instruments=_public("exchangeInfo", 1),
    ticker=_public("ticker/bookTicker", 2),  # For one symbol
    candles=_public("klines", 10),  # At most; fewer rows cost less
    account=_signed("account", 5, api="fapiPrivateV3"),
    order=_signed("order", 1),
    open_orders_of_symbol=_signed("openOrders", 1),
    open_orders=_signed("openOrders", 40),
    all_orders=_signed("allOrders", 5),
    fills=_signed("userTrades", 5),
    fills_of_order=_signed("userTrades", 5),
    submit=Endpoint(api="fapiPrivate", method="POST", path="order", cost=Cost(orders=1)),
    cancel=_signed("order", 1, "DELETE"),
    cancel_all=_signed("allOpenOrders", 1, "DELETE"),
)

BALANCE = _signed("balance", 5, api="fapiPrivateV3")
INCOME = _signed("income", 30)
POSITIONS = _signed("positionRisk", 5, api="fapiPrivateV3")
ACCOUNT_CONFIG = _signed("accountConfig", 5)
FUNDING_RATES = _public("fundingRate", 1)
LEVERAGE_BRACKETS = _signed("leverageBracket", 1)
SYMBOL_CONFIG = _signed("symbolConfig", 5)
SET_LEVERAGE = _signed("leverage", 1, "POST")
COUNTDOWN = _signed("countdownCancelAll", 10, "POST")
SET_MARGIN_TYPE = _signed("marginType", 1, "POST")

SUBMIT_CONDITIONAL = Endpoint(
    api="fapiPrivate", method="POST", path="algoOrder", cost=Cost(orders=1)
)
CONDITIONAL = _signed("algoOrder", 1)
OPEN_CONDITIONAL_OF_SYMBOL = _signed("openAlgoOrders", 1)
OPEN_CONDITIONAL = _signed("openAlgoOrders", 40)
ALL_CONDITIONAL = _signed("allAlgoOrders", 5)
CANCEL_CONDITIONAL = _signed("algoOrder", 1, "DELETE")
CANCEL_ALL_CONDITIONAL = _signed("algoOpenOrders", 1, "DELETE")
