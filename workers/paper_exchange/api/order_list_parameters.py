"""The syntax of lists of orders: each leg is an order whose parameters have a prefix."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.errors import ApiError, missing_parameter, order_refused
from workers.paper_exchange.spot.order_request import OrderRequest

from .order_parameters import read_order
from .parameters import Parameters

#: What a leg's parameters are called behind their prefix, and what they are called alone.
_LEG_NAMES = {
    "Type": "type",
    "ClientOrderId": "newClientOrderId",
    "Price": "price",
    "StopPrice": "stopPrice",
    "TimeInForce": "timeInForce",
    "StrategyId": "strategyId",
    "StrategyType": "strategyType",
    "IcebergQty": "icebergQty",
    "TrailingDelta": "trailingDelta",
}
_STOPS = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT"})
_PROFITS = frozenset({"LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
_WORKING = frozenset({"LIMIT", "LIMIT_MAKER"})
_WRONG_PRICES = "The relationship of the prices for the orders is not correct."


def read_pair(parameters: Parameters, prefix: str = "") -> tuple[OrderRequest, OrderRequest]:
    """Return the leg above and the leg below of an OCO; `prefix` is pending in an OTOCO."""
    above = _leg(parameters, _joined(prefix, "above"), side=_joined(prefix, "side"))
    below = _leg(parameters, _joined(prefix, "below"), side=_joined(prefix, "side"))
    # Above the price a sale takes its profit and a purchase stops its loss
    upper, lower = (_PROFITS, _STOPS) if above.side == "SELL" else (_STOPS, _PROFITS)
    if above.order_type not in upper or below.order_type not in lower:
        raise ApiError(-1013, "Invalid combination of order types.")
    if _price(above) <= _price(below):
        raise order_refused(_WRONG_PRICES)
    return above, below


def _price(leg: OrderRequest) -> Decimal:
    return leg.trigger_price or leg.price


def read_working(parameters: Parameters) -> OrderRequest:
    """Return the order that the others of an OTO wait for."""
    working = _leg(parameters, "working", side="workingSide")
    if working.order_type not in _WORKING:
        raise ApiError(-1116, "Invalid orderType.")
    return working


def read_pending(parameters: Parameters) -> OrderRequest:
    """Return the one order of an OTO that waits."""
    return _leg(parameters, "pending", side="pendingSide")


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name


def _leg(parameters: Parameters, prefix: str, side: str) -> OrderRequest:
    """Return one leg, read as if it stood alone."""
    quantity = side.replace("Side", "Quantity").replace("side", "quantity")
    names = {f"{prefix}{name}": alone for name, alone in _LEG_NAMES.items()}
    names |= {"symbol": "symbol", side: "side", quantity: "quantity"}
    values = {alone: parameters.text(n) for n, alone in names.items() if parameters.has(n)}
    for name, alone in names.items():
        if alone in {"side", "type"} and alone not in values:
            raise missing_parameter(name)
    leg = Parameters(values)
    request = read_order(leg)
    leg.finish()
    return request
