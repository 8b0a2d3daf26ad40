"""One account as a caller sees it, beside the exchange's own record of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.bootstrap import Engine
from engine.domain.order import Order
from engine.domain.position import Position
from engine.execution.context import AccountContext
from engine.execution.history import load_orders
from engine.order_manager import OrderManager
from engine.order_request import OrderRequest
from tests.paper import PaperControl, PaperExchange


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

    def place(self, symbol: str = "", side: str = "buy", **fields: Any) -> Order:
        """Record an order and send its message; wait for nothing."""
        request = OrderRequest(
            symbol=symbol or self.symbol, side=side, account=self.account, **fields
        )
        return self.order(self.orders.place_order(request, wait=False).order_id)

    def order(self, client_order_id: str) -> Order:
        return load_orders(self.context, [client_order_id])[0]

    def position(self, symbol: str = "") -> Position | None:
        stored = self.context.store.find_position(symbol or self.symbol)
        return stored.value if stored else None

    @property
    def trades_contracts(self) -> bool:
        return self.engine.settings.accounts[self.account].market_type == "swap"

    @property
    def symbol(self) -> str:
        """Return the market of an order that names none."""
        return "BTC/USDT:USDT" if self.trades_contracts else "BTC/USDT"

    @property
    def order_path(self) -> str:
        """Return where orders are placed, asked for and cancelled."""
        return "/fapi/v1/order" if self.trades_contracts else "/api/v3/order"

    @property
    def control(self) -> PaperControl:
        """Return the exchange's control API of the market that the account trades on."""
        return self.paper.control.futures if self.trades_contracts else self.paper.control

    def exchange_orders(self) -> list[dict[str, Any]]:
        """Return the exchange's own record of this account's orders."""
        return [order for order in self.control.orders() if order["uid"] == self.uid]

    def exchange_fills(self) -> list[tuple[str, Decimal]]:
        """Return the name and the filled quantity of each intent at the exchange.

        A conditional order of a contract and the order that its trigger places are one.
        """
        if not self.trades_contracts:
            return [(o["client_order_ids"][0], _filled(o)) for o in self.exchange_orders()]
        conditional = [o for o in self.control.ledger()["algo_orders"] if o["uid"] == self.uid]
        by_id = {order["order_id"]: order for order in self.exchange_orders()}
        children = {
            one["child_order_id"]: by_id.pop(one["child_order_id"], None) for one in conditional
        }
        plain = [(order["client_order_id"], _filled(order)) for order in by_id.values()]
        return plain + [
            (one["client_algo_id"], _filled(children[one["child_order_id"]] or {}))
            for one in conditional
        ]

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


def _filled(order: Mapping[str, str]) -> Decimal:
    return Decimal(order.get("filled_quantity", 0))
