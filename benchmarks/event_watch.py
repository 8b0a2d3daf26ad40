"""When the store told what: the events of an account with the time at which they arrived here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from engine.domain.events import Event, EventKind
from engine.store.store import RedisStore
from tests.trader import Trader

#: A blocked read returns at once when something is told, and looks whether to end otherwise.
READ_MS = 500
PATIENCE_S = 90.0


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event and when it arrived (perf_counter)."""

    event: Event
    at_s: float
    number: int  # In the order of telling, from 0


class EventWatch:
    """Reads the event stream of an account on a thread and a connection of its own."""

    def __init__(self, trader: Trader) -> None:
        self._store = RedisStore(trader.engine.settings.state_address())
        self._account = self._store.account(trader.context.identity)
        self._told: list[Told] = []
        self._news = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def when(self, wanted: Callable[[Event], bool], *, after: int = 0) -> Told:
        """Wait for the first event of this kind; `after` so many events from the beginning."""
        deadline_s = time.monotonic() + PATIENCE_S
        with self._news:
            while True:
                for told in self._told[after:]:
                    if wanted(told.event):
                        return told
                after = len(self._told)
                if not self._news.wait(deadline_s - time.monotonic()):
                    raise TimeoutError(f"nothing was told for {PATIENCE_S:.0f} s")

    def count(self) -> int:
        """Return how many events were told so far."""
        with self._news:
            return len(self._told)

    def _read(self) -> None:
        last = self._account.last_event_id()
        with self._news:
            self._last = last
            self._news.notify_all()
        while not self._is_over:
            events = self._account.read_events(last, wait_ms=READ_MS)
            at_s = time.perf_counter()
            if events:
                last = events[-1].event_id
                with self._news:
                    first = len(self._told)
                    self._told += [
                        Told(event=event, at_s=at_s, number=first + number)
                        for number, event in enumerate(events)
                    ]
                    self._news.notify_all()

    def __enter__(self) -> EventWatch:
        self._last = ""
        self._thread.start()
        with self._news:
            self._news.wait_for(lambda: self._last, timeout=PATIENCE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._thread.join()
        self._store.close()


def is_fill_of(client_order_id: str) -> Callable[[Event], bool]:
    """Return what recognises that a fill of the order was booked."""
    return lambda event: (
        event.kind is EventKind.ORDER_FILLED and event.client_order_id == client_order_id
    )


def is_position_of(symbol: str) -> Callable[[Event], bool]:
    """Return what recognises that the symbol's position was stored anew."""
    return lambda event: event.kind is EventKind.POSITION_UPDATED and event.symbol == symbol


def is_portfolio(event: Event) -> bool:
    return event.kind is EventKind.PORTFOLIO_UPDATED
