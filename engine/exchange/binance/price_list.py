"""Which endpoint answers what, for one market of Binance. Data's shape."""

from __future__ import annotations

from dataclasses import dataclass

from engine.exchange.dialect import Endpoint
from engine.ports import QueryWeights


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """The endpoints that both markets have, each with what it costs there."""

    server_time: Endpoint
    instruments: Endpoint
    ticker: Endpoint
    candles: Endpoint
    account: Endpoint
    order: Endpoint
    open_orders_of_symbol: Endpoint
    open_orders: Endpoint
    all_orders: Endpoint
    fills: Endpoint
    fills_of_order: Endpoint
    submit: Endpoint
    cancel: Endpoint
    cancel_all: Endpoint

    @property
    def query_weights(self) -> QueryWeights:
        """Return what the questions of a look take."""
        return QueryWeights(
            open_orders=self.open_orders.cost.weight,
            open_orders_of_symbol=self.open_orders_of_symbol.cost.weight,
            order=self.order.cost.weight,
            fills=self.fills.cost.weight,
            fills_of_order=self.fills_of_order.cost.weight,
            balances=self.account.cost.weight,
        )
