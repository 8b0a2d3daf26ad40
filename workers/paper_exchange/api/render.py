"""Orders, executions and balances in the words of the REST API."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from workers.paper_exchange.spot.desk import Placed
from workers.paper_exchange.spot.orders import CONDITIONAL_TYPES, Execution, Order

Json = dict[str, object]


def number(value: Decimal) -> str:
    """Return a number with the eight decimals of every amount on the wire."""
    return f"{value:.8f}"


def _state(order: Order) -> Json:
    return {
        "price": number(order.price),
        "origQty": number(order.quantity),
        "executedQty": number(order.filled_quantity),
        "origQuoteOrderQty": number(order.quote_quantity),
        "cummulativeQuoteQty": number(order.filled_quote),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.order_type,
        "side": order.side,
    }


def _sometimes(order: Order) -> Json:
    """Return the fields that only some orders have."""
    fields: Json = dict(order.strategy)
    if order.order_type in CONDITIONAL_TYPES:
        fields["stopPrice"] = number(order.trigger_price)
    if order.expiry_reason:
        fields["expiryReason"] = order.expiry_reason
    return fields


def queried_order(order: Order) -> Json:
    """Answer GET order, openOrders and allOrders."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        **_state(order),
        "stopPrice": number(order.trigger_price),
        "icebergQty": number(Decimal(0)),
        "time": order.created_at_ms,
        "updateTime": order.updated_at_ms,
        "isWorking": order.working_at_ms >= 0,
        "workingTime": order.working_at_ms,
        "selfTradePreventionMode": order.self_trade_prevention,
        **_sometimes(order),
    }


def canceled_order(order: Order, client_order_id_before: str) -> Json:
    """Answer a cancel: the id that was canceled, and the one that replaced it."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": client_order_id_before,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_at_ms,
        **_state(order),
        **_sometimes(order),
        "selfTradePreventionMode": order.self_trade_prevention,
    }


def placed_order(placed: Placed, response: str) -> Json:
    """Answer a new order as an ACK, a RESULT or in FULL with its fills."""
    order = placed.order
    answer: Json = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_at_ms,
    }
    if response == "ACK":
        return answer
    answer |= _state(order) | _sometimes(order)
    if order.working_at_ms >= 0:
        answer["workingTime"] = order.working_at_ms
    answer["selfTradePreventionMode"] = order.self_trade_prevention
    if response == "FULL":
        answer["fills"] = [_fill(execution) for execution in placed.executions]
    return answer


def _fill(execution: Execution) -> Json:
    return {
        "price": number(execution.price),
        "qty": number(execution.quantity),
        "commission": number(execution.fee),
        "commissionAsset": execution.fee_asset,
        "tradeId": execution.trade_id,
    }


def own_trade(execution: Execution, order_list_id: int) -> Json:
    """Answer a row of myTrades."""
    is_buyer = execution.side == "BUY"
    return {
        "symbol": execution.symbol,
        "id": execution.trade_id,
        "orderId": execution.order_id,
        "orderListId": order_list_id,
        "price": number(execution.price),
        "qty": number(execution.quantity),
        "quoteQty": number(execution.quote_quantity),
        "commission": number(execution.fee),
        "commissionAsset": execution.fee_asset,
        "time": execution.executed_at_ms,
        "isBuyer": is_buyer,
        "isMaker": execution.is_maker,
        "isBestMatch": True,
    }


def levels(rows: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Return prices and quantities of a book."""
    return [[number(price), number(quantity)] for price, quantity in rows]
