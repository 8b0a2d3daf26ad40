"""User events of the futures market in the words of its user data stream."""

from __future__ import annotations

from workers.paper_exchange.api.render import Json, number
from workers.paper_exchange.futures.events import (
    AccountEvent,
    AlgoEvent,
    LeverageEvent,
    LiteEvent,
    MarginCallEvent,
    OrderEvent,
    PositionRow,
    UserEvent,
)
from workers.paper_exchange.futures.orders import Order, Trade


def rendered(event: UserEvent) -> Json:
    """Return the JSON of an event."""
    match event:
        case OrderEvent():
            return _order_update(event)
        case LiteEvent():
            return _trade_lite(event)
        case AccountEvent():
            return _account_update(event)
        case LeverageEvent():
            return _config_update(event)
        case MarginCallEvent():
            return _margin_call(event)
        case AlgoEvent():
            return _algo_update(event)


def _order_update(event: OrderEvent) -> Json:
    order = event.order
    body: Json = {
        **_identity(order),
        "x": event.execution_type,
        "X": order.status,
        **_trade(event.trade),
        "z": number(order.filled_quantity),
        "T": order.updated_at_ms,
        "R": order.is_reduce_only,
        "wt": order.working_type,
        "ot": order.original_type,
        "ps": order.position_side,
        "cp": order.closes_position,
        "pP": order.is_price_protected,
        "si": 0,
        "ss": 0,
        "V": order.self_trade_prevention,
        "pm": "NONE",
        "gtd": order.good_till_ms,
        "er": str(order.expiry_reason),
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": event.at_ms, "T": order.updated_at_ms, "o": body}


def _identity(order: Order) -> Json:
    return {
        "s": order.symbol,
        "c": order.client_order_id,
        "S": order.side,
        "o": order.order_type,
        "f": order.time_in_force,
        "q": number(order.quantity),
        "p": number(order.price),
        "ap": number(order.average_price),
        "sp": number(order.trigger_price),
        "i": order.order_id,
    }


def _trade(trade: Trade | None) -> Json:
    """Return the fields of the trade that an event is about, or their zeros."""
    if trade is None:
        return {"l": "0", "L": "0", "t": 0, "m": False, "rp": "0"}
    return {
        "l": number(trade.quantity),
        "L": number(trade.price),
        "n": number(trade.fee),
        "N": trade.fee_asset,
        "t": trade.trade_id,
        "m": trade.is_maker,
        "rp": number(trade.realized),
    }


def _trade_lite(event: LiteEvent) -> Json:
    order, trade = event.order, event.trade
    return {
        "e": "TRADE_LITE",
        "E": event.at_ms,
        "T": trade.executed_at_ms,
        "s": order.symbol,
        "q": number(order.quantity),
        "p": number(order.price),
        "m": trade.is_maker,
        "c": order.client_order_id,
        "S": order.side,
        "L": number(trade.price),
        "l": number(trade.quantity),
        "t": trade.trade_id,
        "i": order.order_id,
    }


def _account_update(event: AccountEvent) -> Json:
    body = {
        "m": event.reason,
        "B": [
            {
                "a": row.asset,
                "wb": number(row.balance),
                "cw": number(row.cross_balance),
                "bc": number(row.change),
            }
            for row in event.wallets
        ],
        "P": [_position(row) for row in event.positions],
    }
    return {"e": "ACCOUNT_UPDATE", "E": event.at_ms, "T": event.at_ms, "a": body}


def _position(row: PositionRow) -> Json:
    position = row.position
    return {
        "s": position.symbol,
        "pa": f"{position.quantity.normalize():f}",
        "ep": number(position.entry_price),
        "bep": number(position.break_even_price),
        "cr": number(position.realized),
        "up": number(row.unrealized),
        "mt": "isolated" if row.is_isolated else "cross",
        "iw": number(position.isolated_wallet),
        "ps": position.side,
        "ma": row.margin_asset,
    }


def _config_update(event: LeverageEvent) -> Json:
    body = {"s": event.symbol, "l": event.leverage}
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": event.at_ms, "T": event.at_ms, "ac": body}


def _margin_call(event: MarginCallEvent) -> Json:
    rows = [
        {
            "s": row.position.symbol,
            "ps": row.position.side,
            "pa": f"{row.position.quantity.normalize():f}",
            "mt": "ISOLATED" if row.is_isolated else "CROSSED",
            "iw": number(row.position.isolated_wallet),
            "mp": number(row.mark_price),
            "up": number(row.unrealized),
            "mm": number(row.maintenance),
        }
        for row in event.rows
    ]
    cross = number(event.cross_balance)
    return {"e": "MARGIN_CALL", "E": event.at_ms, "cw": cross, "p": rows}


def _algo_update(event: AlgoEvent) -> Json:
    order, child = event.order, event.child
    body: Json = {
        "caid": order.client_algo_id,
        "aid": order.algo_id,
        "at": "CONDITIONAL",
        "o": order.order_type,
        "s": order.symbol,
        "S": order.side,
        "ps": order.position_side,
        "f": order.time_in_force,
        "q": number(order.quantity),
        "X": order.status,
        "ai": str(order.child_order_id) if order.child_order_id else "",
        "tp": number(order.trigger_price),
        "p": number(order.price),
        "V": order.self_trade_prevention,
        "wt": order.working_type,
        "pm": "NONE",
        "cp": order.closes_position,
        "pP": order.is_price_protected,
        "R": order.is_reduce_only,
        "tt": order.triggered_at_ms,
        "gtd": order.good_till_ms,
        "rm": order.refusal,
    }
    if order.order_type == "TRAILING_STOP_MARKET":
        body |= {"AP": number(order.activation_price), "cr": f"{order.callback_rate:f}"}
    if child is not None:
        body |= {
            "ap": number(child.average_price),
            "aq": number(child.filled_quantity),
            "act": child.order_type,
        }
    return {"e": "ALGO_UPDATE", "E": event.at_ms, "T": order.updated_at_ms, "o": body}
