"""The syntax of a conditional order: which parameters each type needs."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import ApiError, missing_parameter, not_required
from workers.paper_exchange.futures.algo_orders import ALGO_TYPES, MARKET_TYPES, AlgoOrder
from workers.paper_exchange.futures.orders import PositionSide

from .order_parameters import (
    read_amount,
    read_client_id,
    read_good_till,
    read_position_side,
    read_prevention,
    read_price,
    read_reduce_only,
    read_side,
    read_time_in_force,
    read_type,
    read_working_type,
    refuse_unsupported,
)

_ALGO_TYPE = frozenset({"CONDITIONAL"})
_RESPONSES = frozenset({"ACK", "RESULT"})
_CALLBACKS = (Decimal("0.1"), Decimal(10))


def read_algo_order(parameters: Parameters, uid: int, now_ms: int) -> AlgoOrder:
    """Return the order without an id; ApiError for the first thing that is wrong."""
    if parameters.choice("algoType", _ALGO_TYPE, -1130, "Invalid algoType.") is None:
        raise missing_parameter("algoType")
    order_type, position_side = _read_type(parameters), read_position_side(parameters)
    time_in_force = _read_time(parameters, order_type)
    closes, quantity = _read_quantity(parameters, order_type)
    callback_rate, activation = _read_trailing(parameters, order_type)
    refuse_unsupported(parameters)
    parameters.choice("newOrderRespType", _RESPONSES, -1130, "Invalid newOrderRespType.")
    return AlgoOrder(
        algo_id=0,
        uid=uid,
        client_algo_id=read_client_id(parameters, "clientAlgoId"),
        symbol=parameters.symbol(),
        side=read_side(parameters),
        position_side=position_side,
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=quantity,
        price=read_price(parameters, is_needed=order_type not in MARKET_TYPES),
        trigger_price=_read_trigger(parameters, order_type),
        working_type=read_working_type(parameters),
        is_price_protected=bool(parameters.boolean("priceProtect")),
        is_reduce_only=_read_reduce_only(parameters, position_side, closes=closes),
        closes_position=closes,
        callback_rate=callback_rate,
        activation_price=activation,
        self_trade_prevention=read_prevention(parameters),
        good_till_ms=read_good_till(parameters, time_in_force, now_ms),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _read_type(parameters: Parameters) -> str:
    order_type = read_type(parameters)
    if order_type not in ALGO_TYPES:
        raise ApiError(-1116, "Invalid orderType.")
    return order_type


def _read_reduce_only(parameters: Parameters, position_side: PositionSide, *, closes: bool) -> bool:
    is_reduce_only = read_reduce_only(parameters, position_side)
    if closes and is_reduce_only:
        raise ApiError(-1106, "Parameter 'reduceonly' sent when not required.")
    return is_reduce_only


def _read_time(parameters: Parameters, order_type: str) -> str:
    """Return how long the child may stand; to a type at the market it means nothing."""
    if order_type not in MARKET_TYPES or parameters.has("timeInForce"):
        return read_time_in_force(parameters, is_priced=True)
    return "GTC"


def _read_quantity(parameters: Parameters, order_type: str) -> tuple[bool, Decimal]:
    """Return whether all of the position is meant, and else how much."""
    if not parameters.boolean("closePosition"):
        return False, read_amount(parameters, "quantity", -4003, "Quantity less than zero.")
    if order_type not in {"STOP_MARKET", "TAKE_PROFIT_MARKET"}:
        raise ApiError(
            -4136, f"Target strategy invalid for orderType {order_type},closePosition true"
        )
    if parameters.has("quantity"):
        raise not_required("quantity")
    return True, Decimal(0)


def _read_trigger(parameters: Parameters, order_type: str) -> Decimal:
    if order_type == "TRAILING_STOP_MARKET":
        if parameters.has("triggerPrice"):
            raise not_required("triggerPrice")
        return Decimal(0)
    return read_amount(parameters, "triggerPrice", -4006, "Stop price less than zero.")


def _read_trailing(parameters: Parameters, order_type: str) -> tuple[Decimal, Decimal]:
    """Return the callback rate (percent) and the activation price, zero for other types."""
    activation = parameters.decimal("activatePrice") or Decimal(0)
    rate = parameters.decimal("callbackRate")
    if order_type != "TRAILING_STOP_MARKET":
        if activation or rate:
            raise not_required("callbackRate" if rate else "activatePrice")
        return Decimal(0), Decimal(0)
    if rate is None:
        raise missing_parameter("callbackRate")
    smallest, largest = _CALLBACKS
    if not smallest <= rate <= largest:
        raise ApiError(-2007, "Invalid callBack rate")
    return rate, activation
