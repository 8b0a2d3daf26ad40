"""Watch an account: what is there now, and what was seen until now."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from engine.domain.events import Event
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.errors import ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.ports import OrderFilter
from workers.demo.books import load_books
from workers.demo.our_facts import Books
from workers.demo.snapshot import Sample, Snapshot, mark_positions, value_now

#: Between two looks at the prices. More often, market data would use up its share of the
#: allowance before the minute is over, and the strategy would see no candle.
PRICES_EVERY_MS = 1_000
KEPT_EVENTS = 200
#: More than a demo of an hour makes.
MOST_ROWS = 10_000


class Recorder:
    """Reads the store and, now and then, the prices."""

    def __init__(
        self, context: AccountContext, *, symbols: Sequence[str], seconds: int, start: Decimal
    ) -> None:
        self.samples: list[Sample] = []
        self._context = context
        self._symbols = tuple(symbols)
        self._seconds = seconds
        self._start_equity = start
        self._prices: dict[str, Decimal] = {}
        self._priced_at_ms = 0
        self._began_ms = context.clock.monotonic_ms()
        self._last_event_id = "0"
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def begin(self) -> None:
        """Count the time from now on."""
        self._began_ms = self._context.clock.monotonic_ms()

    @property
    def elapsed_s(self) -> float:
        return (self._context.clock.monotonic_ms() - self._began_ms) / 1000

    def read_events(self) -> tuple[Event, ...]:
        """Return what happened since the last call."""
        events = self._context.store.read_events(self._last_event_id)
        if events:
            self._last_event_id = events[-1].event_id
            self._events.extend(events)
        return events

    def look(self, note: str) -> Snapshot:
        """Return the account at this moment, and remember its equity."""
        self._refresh_prices()
        store = self._context.store
        stored = store.find_portfolio()
        portfolio = stored.value if stored else None
        equity = value_now(portfolio, self._prices)
        if equity is not None:
            self._remember(equity)
        return Snapshot(
            elapsed_s=self.elapsed_s,
            seconds=self._seconds,
            orders=self.orders(),
            fills=store.list_fills(limit=MOST_ROWS),
            positions=mark_positions(store.list_positions(), self._prices),
            equity=equity,
            start_equity=self._start_equity,
            quote=portfolio.quote if portfolio else "",
            events=tuple(self._events),
            note=note,
        )

    def orders(self) -> tuple[Order, ...]:
        """Return all orders, the newest first."""
        return self._context.store.list_orders(OrderFilter.RECENT, MOST_ROWS)

    def books(self) -> Books:
        """Return everything that the store says, for the comparison."""
        return load_books(self._context, MOST_ROWS)

    def _refresh_prices(self) -> None:
        now_ms = self._context.clock.monotonic_ms()
        if self._priced_at_ms and now_ms - self._priced_at_ms < PRICES_EVERY_MS:
            return
        self._priced_at_ms = now_ms
        for symbol in self._symbols:
            try:
                ticker = self._context.gateway.load_ticker(symbol, Lane.MARKET_DATA)
            except (Retryable, ExchangeRefused):
                continue  # The price before it serves a second longer
            self._prices[symbol] = ticker.mid()

    def _remember(self, equity: Decimal) -> None:
        now_ms = self._context.clock.now_ms()
        if not self.samples or now_ms - self.samples[-1].at_ms >= PRICES_EVERY_MS:
            self.samples.append(Sample(at_ms=now_ms, equity=equity, prices=dict(self._prices)))
