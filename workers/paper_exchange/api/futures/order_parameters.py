"""The syntax of a new futures order: which parameters each type needs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import cast

from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import ApiError, missing_parameter, not_required
from workers.paper_exchange.futures.algo_orders import ALGO_TYPES
from workers.paper_exchange.futures.orders import OrderRequest, PositionSide, WorkingType
from workers.paper_exchange.market.prevention import MODES
from workers.paper_exchange.market.trades import Side

_SIDES = frozenset({"BUY", "SELL"})
_TYPES = frozenset({"LIMIT", "MARKET"}) | ALGO_TYPES
_TIMES = frozenset({"GTC", "IOC", "FOK", "GTX", "GTD"})
_POSITION_SIDES = frozenset({"BOTH", "LONG", "SHORT"})
_WORKING_TYPES = frozenset({"CONTRACT_PRICE", "MARK_PRICE"})
_RESPONSES = frozenset({"ACK", "RESULT"})
_NONE = frozenset({"NONE"})
_INVALID = "Data sent for parameter '{}' is not valid."
_CLIENT_ID = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")

#: A good-till date must be at least this far ahead.
GOOD_TILL_AHEAD_MS = 600_000


def read_order(parameters: Parameters, now_ms: int) -> OrderRequest:
    """Return the request; ApiError with Binance's code for the first thing that is wrong."""
    symbol, side = parameters.symbol(), read_side(parameters)
    order_type = read_type(parameters)
    if order_type in ALGO_TYPES:
        raise ApiError(
            -4120,
            "Order type not supported for this endpoint. Please use the Algo Order API "
            "endpoints instead.",
        )
    position_side = read_position_side(parameters)
    time_in_force = read_time_in_force(parameters, is_priced=order_type == "LIMIT")
    refuse_unsupported(parameters)
    if parameters.boolean("closePosition"):
        raise ApiError(
            -4136, f"Target strategy invalid for orderType {order_type},closePosition true"
        )
    parameters.ignore("workingType", "priceProtect", "stopPrice")
    return OrderRequest(
        symbol=symbol,
        side=side,
        order_type=order_type,
        position_side=position_side,
        time_in_force=time_in_force,
        quantity=read_amount(parameters, "quantity", -4003, "Quantity less than zero."),
        price=read_price(parameters, is_needed=order_type == "LIMIT"),
        is_reduce_only=read_reduce_only(parameters, position_side),
        client_order_id=read_client_id(parameters, "newClientOrderId"),
        good_till_ms=read_good_till(parameters, time_in_force, now_ms),
        response=parameters.choice(
            "newOrderRespType", _RESPONSES, -1130, _INVALID.format("newOrderRespType")
        )
        or "ACK",
        self_trade_prevention=read_prevention(parameters),
    )


def read_side(parameters: Parameters) -> Side:
    side = parameters.choice("side", _SIDES, -1117, "Invalid side.")
    if side is None:
        raise missing_parameter("side")
    return cast(Side, side)


def read_type(parameters: Parameters) -> str:
    order_type = parameters.choice("type", _TYPES, -1116, "Invalid orderType.")
    if order_type is None:
        raise missing_parameter("type")
    return order_type


def read_position_side(parameters: Parameters) -> PositionSide:
    side = parameters.choice("positionSide", _POSITION_SIDES, -4060, "Invalid position side.")
    return cast(PositionSide, side or "BOTH")


def read_working_type(parameters: Parameters) -> WorkingType:
    kind = parameters.choice("workingType", _WORKING_TYPES, -4031, "Invalid parameter working type")
    return cast(WorkingType, kind or "CONTRACT_PRICE")


def read_time_in_force(parameters: Parameters, *, is_priced: bool) -> str:
    value = parameters.choice("timeInForce", _TIMES, -1115, "Invalid timeInForce.")
    if is_priced:
        if value is None:
            raise missing_parameter("timeInForce")
        return value
    if value is not None:
        raise not_required("timeInForce")
    return "GTC"


def read_good_till(parameters: Parameters, time_in_force: str, now_ms: int) -> int:
    """Return when a GTD order ends, in whole seconds, as the exchange cuts it; 0 for others."""
    value = parameters.integer("goodTillDate")
    if time_in_force != "GTD":
        return 0
    if value is None:
        raise missing_parameter("goodTillDate")
    if value <= now_ms + GOOD_TILL_AHEAD_MS:
        raise ApiError(
            -4188, "goodTillDate must be greater than the current time plus 600 seconds."
        )
    return value - value % 1000


def read_amount(parameters: Parameters, name: str, code: int, words: str) -> Decimal:
    """Return a number above zero that must be there."""
    amount = parameters.decimal(name)
    if amount is None:
        raise missing_parameter(name)
    if not amount:
        raise ApiError(code, words)
    return amount


def read_price(parameters: Parameters, *, is_needed: bool) -> Decimal:
    if is_needed:
        return read_amount(parameters, "price", -4001, "Price less than 0.")
    if parameters.decimal("price"):
        raise not_required("price")
    return Decimal(0)


def read_reduce_only(parameters: Parameters, position_side: PositionSide) -> bool:
    """Return the flag; -1106 in hedge mode, where the position side says it."""
    value = parameters.boolean("reduceOnly")
    if value is not None and position_side != "BOTH":
        raise ApiError(-1106, "Parameter 'reduceonly' sent when not required.")
    return bool(value)


def read_client_id(parameters: Parameters, name: str) -> str:
    """Return a client id, empty when it was not sent; -4015 for other characters."""
    value = parameters.optional(name)
    if value is not None and not _CLIENT_ID.fullmatch(value):
        raise ApiError(-4015, "Client order id is not valid.")
    return value or ""


def refuse_unsupported(parameters: Parameters) -> None:
    """Refuse what this exchange does not do: prices that follow the best ones."""
    parameters.choice("priceMatch", _NONE, -1130, _INVALID.format("priceMatch"))


def read_prevention(parameters: Parameters) -> str:
    """Return the mode of self-trade prevention, empty for the contract's own."""
    name = "selfTradePreventionMode"
    return parameters.choice(name, MODES, -1130, _INVALID.format(name)) or ""
