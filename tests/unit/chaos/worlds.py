"""A small closed world in which every side agrees, for planting differences."""

from __future__ import annotations

from typing import Any

from engine.domain.end_reason import Reason
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from tests.builders import build_order
from workers.chaos.proof import Intent, Proof, prove
from workers.demo.our_facts import Books

UID = "1000001"


class World:
    """What the caller wanted, what the exchange has, what we say; tests change one of them."""

    def __init__(self, *, placed: int = 0, denied: int = 0, refused: int = 0) -> None:
        self.intents: list[Intent] = []
        self.orders: list[Order] = []
        self.rows: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        for _ in range(placed):
            self.place()
        for _ in range(denied):
            self.want(status=OrderStatus.DENIED, reason=Reason(code="STALE"))
        for number in range(refused):
            self.intents.append(Intent(client_order_id=f"refused{number}", is_refused=True))

    def want(self, **changes: Any) -> Order:
        """Add an intent and our record of it."""
        order = build_order(request_key=f"key {len(self.intents)}", **changes)
        self.intents.append(Intent(client_order_id=order.client_order_id))
        self.orders.append(order)
        return order

    def place(self) -> None:
        """Add an intent whose order rested at the exchange and was canceled."""
        number = len(self.rows) + 1
        order = self.want(status=OrderStatus.CANCELED, exchange_order_id=str(number))
        self.rows.append(exchange_row(order.client_order_id, number))

    def prove(self) -> Proof:
        fills = [fill for order in self.orders for fill in order.fills]
        books = Books(orders=self.orders, fills=fills, rows=fills, positions=(), portfolio=None)
        ledger = {
            "accounts": {UID: {"balances": {}}},
            "orders": self.rows,
            "trades": self.trades,
        }
        return prove(self.intents, ledger, books, UID)


def exchange_row(client_order_id: str, number: int) -> dict[str, Any]:
    """Return an order as the exchange's ledger shows it, canceled under a new id."""
    return {
        "symbol": "BTCUSDT",
        "order_id": number,
        "uid": int(UID),
        "client_order_ids": [client_order_id, f"auc{number}"],
        "side": "BUY",
        "type": "LIMIT",
        "status": "CANCELED",
        "quantity": "1.00000000",
        "price": "100.00000000",
        "filled_quantity": "0.00000000",
        "filled_quote": "0.00000000",
    }


def exchange_trade(order_id: int) -> dict[str, Any]:
    """Return a trade as the exchange's ledger shows it."""
    return {
        "symbol": "BTCUSDT",
        "trade_id": 1,
        "order_id": order_id,
        "uid": int(UID),
        "side": "BUY",
        "price": "100.00000000",
        "quantity": "1.00000000",
        "quote_quantity": "100.00000000",
        "fee": "0.00000000",
        "fee_asset": "BTC",
        "is_maker": False,
        "executed_at_ms": 1,
    }
