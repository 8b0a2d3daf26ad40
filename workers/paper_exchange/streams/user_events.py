"""User events in the words of the user data stream."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.api.render import number
from workers.paper_exchange.spot.events import (
    BalanceEvent,
    ListEvent,
    OrderEvent,
    PositionEvent,
    UserEvent,
)
from workers.paper_exchange.spot.orders import Execution

ZERO = Decimal(0)


def rendered(event: UserEvent) -> dict[str, object]:
    """Return the JSON of an event, without the envelope of its subscription."""
    if isinstance(event, OrderEvent):
        return _execution_report(event)
    if isinstance(event, PositionEvent):
        return _account_position(event)
    if isinstance(event, ListEvent):
        return _list_status(event)
    return _balance_update(event)


def _execution_report(event: OrderEvent) -> dict[str, object]:
    order = event.order
    report: dict[str, object] = {
        "e": "executionReport",
        "E": event.at_ms,
        "s": order.symbol,
        "c": order.client_order_id,
        "S": order.side,
        "o": order.order_type,
        "f": order.time_in_force,
        "q": number(order.quantity),
        "p": number(order.price),
        "P": number(order.trigger_price),
        "F": number(ZERO),
        "g": order.order_list_id,
        "C": event.original_client_order_id,
        "x": event.execution_type,
        "X": order.status,
        "r": "NONE",
        "i": order.order_id,
        **_execution(event.execution),
        "z": number(order.filled_quantity),
        "T": order.updated_at_ms,
        "I": event.execution_id,
        "w": order.working_at_ms >= 0 and order.is_open,
        "M": False,
        "O": order.created_at_ms,
        "Z": number(order.filled_quote),
        "Q": number(order.quote_quantity),
        "V": order.self_trade_prevention,
    }
    if order.working_at_ms >= 0:
        report["W"] = order.working_at_ms
    if order.expiry_reason:
        report["eR"] = order.expiry_reason
    short = {"strategyId": "j", "strategyType": "J"}
    return report | {short[name]: value for name, value in order.strategy}


def _execution(execution: Execution | None) -> dict[str, object]:
    """Return the fields of the execution that an event is about, or their zeros."""
    if execution is None:
        nothing = number(ZERO)
        return {"l": nothing, "L": nothing, "n": "0", "N": None, "t": -1, "m": False, "Y": nothing}
    return {
        "l": number(execution.quantity),
        "L": number(execution.price),
        "n": number(execution.fee),
        "N": execution.fee_asset,
        "t": execution.trade_id,
        "m": execution.is_maker,
        "Y": number(execution.quote_quantity),
    }


def _account_position(event: PositionEvent) -> dict[str, object]:
    return {
        "e": "outboundAccountPosition",
        "E": event.at_ms,
        "u": event.updated_at_ms,
        "B": [
            {"a": a, "f": number(free), "l": number(locked)} for a, free, locked in event.balances
        ],
    }


def _list_status(event: ListEvent) -> dict[str, object]:
    listed = event.order_list
    return {
        "e": "listStatus",
        "E": event.at_ms,
        "s": listed.symbol,
        "g": listed.list_id,
        "c": listed.contingency,
        "l": listed.status_type,
        "L": listed.status,
        "r": "NONE",
        "C": listed.list_client_order_id,
        "T": listed.updated_at_ms,
        "O": [{"s": listed.symbol, "i": number, "c": name} for number, name in event.orders],
    }


def _balance_update(event: BalanceEvent) -> dict[str, object]:
    return {
        "e": "balanceUpdate",
        "E": event.at_ms,
        "a": event.asset,
        "d": number(event.delta),
        "T": event.at_ms,
    }
