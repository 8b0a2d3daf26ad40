"""The syntax of a new order: which parameters each type needs, and which it may not have."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from workers.paper_exchange.errors import (
    ApiError,
    missing_combination,
    missing_parameter,
    not_required,
)
from workers.paper_exchange.market.prevention import MODES
from workers.paper_exchange.market.trades import Side
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.orders import CONDITIONAL_TYPES

from .parameters import Parameters

_SIDES = frozenset({"BUY", "SELL"})
_TIMES = frozenset({"GTC", "IOC", "FOK"})
_RESPONSES = frozenset({"ACK", "RESULT", "FULL"})
_TYPES = frozenset({"LIMIT", "MARKET", "LIMIT_MAKER"}) | CONDITIONAL_TYPES
_NO_SUCH_MODE = "This symbol does not allow the specified self-trade prevention mode."

#: Types that must say how long they stand.
_TIMED = frozenset({"LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"})
_PRICED = _TIMED | {"LIMIT_MAKER"}

_QUANTITIES = "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"
_NO_TRAILING = "Trailing stop orders are not supported for this symbol."
_NO_ICEBERG = "Iceberg orders are not supported for this symbol."


def read_order(parameters: Parameters) -> OrderRequest:
    """Return the request; ApiError with Binance's code for the first thing that is wrong."""
    symbol = parameters.symbol()
    side = parameters.choice("side", _SIDES, -1117, "Invalid side.")
    order_type = parameters.choice("type", _TYPES, -1116, "Invalid orderType.")
    if side is None:
        raise missing_parameter("side")
    if order_type is None:
        raise missing_parameter("type")
    _refuse_unsupported(parameters)
    quantity, quote_quantity = _read_quantities(parameters, order_type)
    request = OrderRequest(
        symbol=symbol,
        side=cast(Side, side),
        order_type=order_type,
        time_in_force=_read_time_in_force(parameters, order_type),
        quantity=quantity,
        quote_quantity=quote_quantity,
        price=_read_price(parameters, "price", order_type in _PRICED),
        trigger_price=_read_price(parameters, "stopPrice", order_type in CONDITIONAL_TYPES),
        client_order_id=parameters.client_id("newClientOrderId"),
        response=_read_response(parameters, order_type),
        self_trade_prevention=read_prevention(parameters),
        strategy=_read_strategy(parameters),
    )
    return request


def _refuse_unsupported(parameters: Parameters) -> None:
    if parameters.decimal("icebergQty"):
        raise ApiError(-1013, _NO_ICEBERG)
    if parameters.integer("trailingDelta") is not None:
        raise ApiError(-1013, _NO_TRAILING)


def read_prevention(parameters: Parameters) -> str:
    """Return the mode of self-trade prevention, empty for the market's own."""
    return parameters.choice("selfTradePreventionMode", MODES, -1013, _NO_SUCH_MODE) or ""


def _read_quantities(parameters: Parameters, order_type: str) -> tuple[Decimal, Decimal]:
    quantity = parameters.decimal("quantity")
    quote_quantity = parameters.decimal("quoteOrderQty")
    if quote_quantity is not None and (order_type != "MARKET" or quantity is not None):
        raise not_required("quoteOrderQty")
    if quantity is None and quote_quantity is None:
        raise (
            missing_combination(_QUANTITIES)
            if order_type == "MARKET"
            else missing_parameter("quantity")
        )
    if quantity is not None and not quantity:
        raise ApiError(-1013, "Invalid quantity.")
    if quote_quantity is not None and not quote_quantity:
        raise ApiError(-1013, "Invalid quote order quantity.")
    return quantity or Decimal(0), quote_quantity or Decimal(0)


def _read_price(parameters: Parameters, name: str, is_needed: bool) -> Decimal:
    price = parameters.decimal(name)
    if price is None:
        if is_needed:
            raise missing_parameter(name)
        return Decimal(0)
    if not is_needed:
        raise not_required(name)
    if not price:
        raise ApiError(-1013, "Invalid price." if name == "price" else "Invalid stop price.")
    return price


def _read_time_in_force(parameters: Parameters, order_type: str) -> str:
    value = parameters.choice("timeInForce", _TIMES, -1115, "Invalid timeInForce.")
    if order_type in _TIMED:
        if value is None:
            raise missing_parameter("timeInForce")
        return value
    if value is not None:
        raise not_required("timeInForce")
    return "GTC"


def _read_response(parameters: Parameters, order_type: str) -> str:
    response = parameters.choice(
        "newOrderRespType",
        _RESPONSES,
        -1130,
        "Data sent for parameter 'newOrderRespType' is not valid.",
    )
    return response or ("FULL" if order_type in {"MARKET", "LIMIT"} else "ACK")


def _read_strategy(parameters: Parameters) -> tuple[tuple[str, int], ...]:
    fields = []
    for name in ("strategyId", "strategyType"):
        value = parameters.integer(name)
        if value is not None:
            fields.append((name, value))
    if dict(fields).get("strategyType", 1_000_000) < 1_000_000:
        raise ApiError(-1134, "strategyType was less than 1000000.")
    return tuple(fields)
