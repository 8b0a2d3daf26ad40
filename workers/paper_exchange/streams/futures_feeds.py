"""What the market streams of futures are told beyond those of spot: mark prices, forced orders."""

from __future__ import annotations

from typing import Any

from workers.paper_exchange.futures.market import Market as Contract
from workers.paper_exchange.futures.orders import Order
from workers.paper_exchange.market.marketplace import Marketplace

from . import futures_market_events
from .feeds import Feeds, Outlet


class FuturesFeeds(Feeds):
    """Feeds in the words of futures."""

    def __init__(self, venue: Marketplace[Any, Any], outlet: Outlet) -> None:
        super().__init__(venue, outlet, futures_market_events)

    def on_forced(self, order: Order) -> None:
        """Tell an order that the exchange itself made at once."""
        for name in (f"{order.symbol.lower()}@forceOrder", "!forceOrder@arr"):
            if self._outlet.has(name):
                event = futures_market_events.forced_order(order, self._venue.clock())
                self._outlet.push(name, event)

    def push_by_the_second(self) -> None:
        super().push_by_the_second()
        now_ms = self._venue.clock()
        for name in self._outlet.names():
            kind = name.partition("@")[2]
            market = self._market(name)
            if kind in {"markPrice", "markPrice@1s"} and isinstance(market, Contract):
                self._outlet.push(name, futures_market_events.mark_price(market, now_ms))
            elif name.startswith("!markPrice@arr"):
                rows = [
                    futures_market_events.mark_price(contract, now_ms)
                    for contract in self._venue.markets.values()
                ]
                self._outlet.push(name, rows)
