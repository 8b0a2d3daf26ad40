"""Orders, trades and positions of the futures market in the words of its REST API."""

from __future__ import annotations

from workers.paper_exchange.api.render import Json, number
from workers.paper_exchange.futures.accounts import Income
from workers.paper_exchange.futures.algo_orders import AlgoOrder
from workers.paper_exchange.futures.orders import Order, Trade


def order_row(order: Order) -> Json:
    """Answer a new, a queried or a canceled order."""
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "status": order.status,
        "clientOrderId": order.client_order_id,
        "price": number(order.price),
        "avgPrice": number(order.average_price),
        "origQty": number(order.quantity),
        "executedQty": number(order.filled_quantity),
        "cumQuote": number(order.filled_quote),
        "timeInForce": order.time_in_force,
        "type": order.order_type,
        "reduceOnly": order.is_reduce_only,
        "closePosition": order.closes_position,
        "side": order.side,
        "positionSide": order.position_side,
        "stopPrice": number(order.trigger_price),
        "workingType": order.working_type,
        "priceProtect": order.is_price_protected,
        "origType": order.original_type,
        "priceMatch": "NONE",
        "selfTradePreventionMode": order.self_trade_prevention,
        "goodTillDate": order.good_till_ms,
        "updateTime": order.updated_at_ms,
    }


def answered_order(order: Order) -> Json:
    """Answer a new or a canceled order, which also has its quantity so far."""
    return {**order_row(order), "cumQty": number(order.filled_quantity)}


def queried_order(order: Order) -> Json:
    """Answer a query, which also says when the order was made."""
    return {**order_row(order), "time": order.created_at_ms}


def own_trade(trade: Trade) -> Json:
    """Answer a row of userTrades."""
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "side": trade.side,
        "price": number(trade.price),
        "qty": number(trade.quantity),
        "realizedPnl": number(trade.realized),
        "quoteQty": number(trade.quote_quantity),
        "commission": number(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.executed_at_ms,
        "positionSide": trade.position_side,
        "buyer": trade.side == "BUY",
        "maker": trade.is_maker,
    }


def income_row(row: Income) -> Json:
    """Answer a row of income."""
    return {
        "symbol": row.symbol,
        "incomeType": row.income_type,
        "income": number(row.amount),
        "asset": row.asset,
        "info": row.information,
        "time": row.at_ms,
        "tranId": row.transaction_id,
        "tradeId": str(row.trade_id) if row.trade_id else "",
    }


def algo_row(order: AlgoOrder) -> Json:
    """Answer a new conditional order."""
    is_trailing = order.order_type == "TRAILING_STOP_MARKET"
    return {
        "algoId": order.algo_id,
        "clientAlgoId": order.client_algo_id,
        "algoType": "CONDITIONAL",
        "orderType": order.order_type,
        "symbol": order.symbol,
        "side": order.side,
        "positionSide": order.position_side,
        "timeInForce": order.time_in_force,
        "quantity": number(order.quantity),
        "algoStatus": order.status,
        "triggerPrice": number(order.trigger_price),
        "price": number(order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": order.self_trade_prevention,
        "workingType": order.working_type,
        "priceMatch": "NONE",
        "closePosition": order.closes_position,
        "priceProtect": order.is_price_protected,
        "reduceOnly": order.is_reduce_only,
        "activatePrice": number(order.activation_price) if is_trailing else "",
        "callbackRate": f"{order.callback_rate:f}" if is_trailing else "",
        "createTime": order.created_at_ms,
        "updateTime": order.updated_at_ms,
        "triggerTime": order.triggered_at_ms,
        "goodTillDate": order.good_till_ms,
    }


def queried_algo(order: AlgoOrder, child: Order | None) -> Json:
    """Answer a query of a conditional order: also what became of the order that it placed."""
    return {
        **algo_row(order),
        "actualOrderId": str(order.child_order_id) if order.child_order_id else "",
        "actualPrice": number(child.average_price) if child else "0.00000000",
        "actualQty": number(child.filled_quantity) if child else "0.00000000",
        "actualType": child.order_type if child else "",
        "rejectReason": order.refusal,
    }
