"""Watch some accounts: what is there now, and what was seen until now."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import chain

from engine.domain.decimals import EXACT, ZERO
from engine.domain.events import Event
from engine.domain.order import Order
from engine.ports import Clock
from workers.demo.account_view import AccountView
from workers.demo.snapshot import Sample, Snapshot

#: Between two looks at the prices. More often, market data would use up its share of the
#: allowance before the minute is over, and the strategy would see no candle.
PRICES_EVERY_MS = 1_000
KEPT_EVENTS = 200


class Recorder:
    """Lays the accounts together as one."""

    def __init__(
        self, views: Sequence[AccountView], clock: Clock, *, seconds: int, start: Decimal
    ) -> None:
        """`start`: what all accounts together began with, quote currency."""
        self.samples: list[Sample] = []
        self._views = tuple(views)
        self._clock = clock
        self._seconds = seconds
        self._start_equity = start
        self._prices: dict[str, Decimal] = {}
        self._priced_at_ms = 0
        self._began_ms = clock.monotonic_ms()
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def begin(self) -> None:
        """Count the time from now on."""
        self._began_ms = self._clock.monotonic_ms()

    @property
    def elapsed_s(self) -> float:
        return (self._clock.monotonic_ms() - self._began_ms) / 1000

    def read_events(self) -> tuple[Event, ...]:
        """Return what happened since the last call."""
        told = chain.from_iterable(view.read_events() for view in self._views)
        events = tuple(sorted(told, key=lambda event: event.at_ms))
        self._events.extend(events)
        return events

    def look(self, note: str) -> Snapshot:
        """Return the accounts at this moment, and remember what they are worth."""
        self._refresh_prices()
        values = [view.value(self._prices) for view in self._views]
        equity = _sum_known(value for value, _ in values)
        if equity is not None:
            self._remember(equity)
        fills = chain.from_iterable(view.list_fills() for view in self._views)
        return Snapshot(
            elapsed_s=self.elapsed_s,
            seconds=self._seconds,
            orders=self.orders(),
            fills=tuple(sorted(fills, key=lambda fill: fill.sort_key)),
            positions=tuple(chain.from_iterable(view.mark(self._prices) for view in self._views)),
            equity=equity,
            start_equity=self._start_equity,
            quote=next((quote for _, quote in values if quote), ""),
            events=tuple(self._events),
            note=note,
        )

    def orders(self) -> tuple[Order, ...]:
        """Return all orders, the newest first."""
        orders = chain.from_iterable(view.list_orders() for view in self._views)
        return tuple(sorted(orders, key=lambda order: order.created_at_ms, reverse=True))

    def _refresh_prices(self) -> None:
        now_ms = self._clock.monotonic_ms()
        if self._priced_at_ms and now_ms - self._priced_at_ms < PRICES_EVERY_MS:
            return
        self._priced_at_ms = now_ms
        for view in self._views:
            self._prices.update(view.load_prices())

    def _remember(self, equity: Decimal) -> None:
        now_ms = self._clock.now_ms()
        if not self.samples or now_ms - self.samples[-1].at_ms >= PRICES_EVERY_MS:
            self.samples.append(Sample(at_ms=now_ms, equity=equity, prices=dict(self._prices)))


def _sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum; None where one of them is not known."""
    known = list(values)
    with localcontext(EXACT):
        return None if None in known else sum((one for one in known if one is not None), ZERO)
