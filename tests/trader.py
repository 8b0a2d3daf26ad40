"""One account as a caller sees it, beside the exchange's own record of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.bootstrap import Engine
from engine.domain.order import Order
from engine.domain.position import Position
from engine.execution.context import AccountContext
from engine.execution.history import load_orders
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from tests.paper import PaperExchange


class Trader:
    """Places orders through an engine of its own; who carries them out is another's affair."""

    def __init__(self, *, account: str, uid: int, paper: PaperExchange, engine: Engine) -> None:
        self.account = account
        self.uid = uid
        self.paper = paper
        self.engine = engine

    @property
    def context(self) -> AccountContext:
        return self.engine.account(self.account)

    @property
    def orders(self) -> OrderManager:
        return OrderManager(engine=self.engine)

    def place(self, symbol: str = "BTC/USDT", side: str = "buy", **fields: Any) -> Order:
        """Record an order and send its message; wait for nothing."""
        request = OrderRequest(symbol=symbol, side=side, account=self.account, **fields)
        return self.order(self.orders.place_order(request, wait=False).order_id)

    def order(self, client_order_id: str) -> Order:
        return load_orders(self.context, [client_order_id])[0]

    def position(self, symbol: str = "BTC/USDT") -> Position | None:
        stored = self.context.store.find_position(symbol)
        return stored.value if stored else None

    def exchange_orders(self) -> list[dict[str, Any]]:
        """Return the exchange's own record of this account's orders."""
        return [order for order in self.paper.control.orders() if order["uid"] == self.uid]

    def exchange_totals(self) -> dict[str, Decimal]:
        """Return what the exchange holds for the account, by asset, locked or not."""
        balances = self.paper.control.balances(self.uid)
        totals = {
            asset: Decimal(held["free"]) + Decimal(held["locked"])
            for asset, held in balances.items()
        }
        return {asset: total for asset, total in totals.items() if total}

    def close(self) -> None:
        self.engine.close()
