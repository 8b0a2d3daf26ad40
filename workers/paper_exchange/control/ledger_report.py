"""The true ledger as JSON, with every digit, for comparison."""

from __future__ import annotations

from workers.paper_exchange.spot.orders import Execution, Order
from workers.paper_exchange.spot.venue import Venue


def ledger_report(venue: Venue) -> dict[str, object]:
    """Return accounts, orders (with every client id they ever had) and executions."""
    ledger = venue.ledger
    return {
        "accounts": {
            str(account.uid): {
                "maker_rate": str(account.maker_rate),
                "taker_rate": str(account.taker_rate),
                "balances": {
                    asset: {"free": f"{b.free:.8f}", "locked": f"{b.locked:.8f}"}
                    for asset, b in sorted(account.balances.items())
                },
            }
            for account in ledger.accounts.values()
        },
        "orders": [_order(order) for order in ledger.orders()],
        "trades": [_execution(e) for rows in ledger.executions.values() for e in rows],
        "last_prices": {s: f"{m.tape.last_price:.8f}" for s, m in venue.markets.items()},
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "symbol": order.symbol,
        "order_id": order.order_id,
        "uid": order.uid,
        "client_order_id": order.client_order_id,
        "client_order_ids": list(order.client_order_ids),
        "side": order.side,
        "type": order.order_type,
        "time_in_force": order.time_in_force,
        "status": order.status,
        "quantity": f"{order.quantity:.8f}",
        "quote_quantity": f"{order.quote_quantity:.8f}",
        "price": f"{order.price:.8f}",
        "trigger_price": f"{order.trigger_price:.8f}",
        "filled_quantity": f"{order.filled_quantity:.8f}",
        "filled_quote": f"{order.filled_quote:.8f}",
        "locked": f"{order.locked:.8f}",
        "expiry_reason": order.expiry_reason,
        "created_at_ms": order.created_at_ms,
        "updated_at_ms": order.updated_at_ms,
    }


def _execution(execution: Execution) -> dict[str, object]:
    return {
        "symbol": execution.symbol,
        "trade_id": execution.trade_id,
        "order_id": execution.order_id,
        "uid": execution.uid,
        "side": execution.side,
        "price": f"{execution.price:.8f}",
        "quantity": f"{execution.quantity:.8f}",
        "quote_quantity": f"{execution.quote_quantity:.8f}",
        "fee": f"{execution.fee:.8f}",
        "fee_asset": execution.fee_asset,
        "is_maker": execution.is_maker,
        "executed_at_ms": execution.executed_at_ms,
    }
