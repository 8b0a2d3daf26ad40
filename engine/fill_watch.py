"""Tell a caller's functions about fills, from the event stream."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from engine.domain.events import Event, EventKind
from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.order_result import OrderResult, describe_order

log = logging.getLogger(__name__)

FillCallback = Callable[[str, OrderResult], object]

#: One read waits so long for news; stopping takes as long at most.
READ_WAIT_MS = 500


class FillWatch:
    """One thread for each account reads events and calls every callback once per event."""

    def __init__(self) -> None:
        self._callbacks: list[FillCallback] = []
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def add(self, callback: FillCallback) -> None:
        self._callbacks.append(callback)

    def start(self, contexts: Iterable[AccountContext]) -> None:
        """Begin with the events from now on; a second start changes nothing."""
        if self._threads:
            return
        self._stop.clear()
        for context in contexts:
            last_id = context.store.last_event_id()
            thread = threading.Thread(
                target=self._read, args=(context, last_id), name="fills", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10 * READ_WAIT_MS / 1000)
        self._threads.clear()

    def _read(self, context: AccountContext, after_id: str) -> None:
        while not self._stop.is_set():
            try:
                for event in context.store.read_events(after_id, wait_ms=READ_WAIT_MS):
                    self._tell(context, event)
                    after_id = event.event_id
            except EngineError as error:  # The event that was not told is read again
                log.warning("fills of %s cannot be read now: %s", context.name, error)
                self._stop.wait(READ_WAIT_MS / 1000)

    def _tell(self, context: AccountContext, event: Event) -> None:
        if event.kind is not EventKind.ORDER_FILLED:
            return
        stored = context.store.find_order(event.client_order_id)
        if stored is None:
            return  # A lost store forgot the order; a rebuild tells of its fills anew
        result = describe_order(stored.value)
        for callback in self._callbacks:
            try:
                callback(event.client_order_id, result)
            except Exception:  # A caller's own function: its failure must not stop the others
                log.exception("a fill callback failed for %s", event.client_order_id)
