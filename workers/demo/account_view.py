"""Look at one account: its orders, fills, positions, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from engine.domain.events import Event
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.portfolio import PositionRow
from engine.errors import ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.ports import OrderFilter
from workers.demo.snapshot import Prices, mark_positions, value_now

#: More than a demo of an hour makes.
MOST_ROWS = 10_000


class AccountView:
    """Reads the store and, when it is told to, the prices."""

    def __init__(self, context: AccountContext, symbols: Sequence[str]) -> None:
        self._context = context
        self._symbols = tuple(symbols)
        self._last_event_id = "0"

    def load_prices(self) -> Mapping[str, Decimal]:
        """Return the middle prices of now, of the symbols that could be asked for."""
        prices = {}
        for symbol in self._symbols:
            try:
                ticker = self._context.gateway.load_ticker(symbol, Lane.MARKET_DATA)
            except (Retryable, ExchangeRefused):
                continue  # The price before it serves a second longer
            prices[symbol] = ticker.mid()
        return prices

    def read_events(self) -> tuple[Event, ...]:
        """Return what happened since the last call."""
        events = self._context.store.read_events(self._last_event_id)
        if events:
            self._last_event_id = events[-1].event_id
        return events

    def list_orders(self) -> tuple[Order, ...]:
        """Return all orders, the newest first."""
        return self._context.store.list_orders(OrderFilter.RECENT, MOST_ROWS)

    def list_fills(self) -> tuple[Fill, ...]:
        """Return all fills, the oldest first."""
        return self._context.store.list_fills(limit=MOST_ROWS)

    def mark(self, prices: Prices) -> tuple[PositionRow, ...]:
        """Return the positions at these prices."""
        return mark_positions(self._context.store.list_positions(), prices)

    def value(self, prices: Prices) -> tuple[Decimal | None, str]:
        """Return what the account is worth, None where that is unknown, and in which asset."""
        stored = self._context.store.find_portfolio()
        portfolio = stored.value if stored else None
        positions = self._context.store.list_positions()
        return value_now(portfolio, positions, prices), portfolio.quote if portfolio else ""
