"""Questions to the exchange: whose key first, and a clock that is fresh enough to sign with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.domain.lanes import Lane
from engine.errors import ExchangeUnavailable
from engine.exchange.dialect import Request
from engine.exchange.wire import Wire

T = TypeVar("T")


class Questions:
    """Asks by the wire. Raises BudgetExhausted, ExchangeUnavailable or ExchangeRefused."""

    def __init__(self, wire: Wire, confirm: Callable[[Lane], None]) -> None:
        """`confirm`: have the key seen once; it raises when the key opens another account."""
        self._wire = wire
        self._confirm = confirm

    def ask(self, request: Request, lane: Lane, what: str, read: Callable[[Any], T]) -> T:
        """Return what `read` makes of the answer."""
        if not request.endpoint.is_signed:
            return self._wire.ask(request, lane, what, read)
        self._confirm(lane)
        return self.ask_signed(request, lane, what, read)

    def ask_signed(self, request: Request, lane: Lane, what: str, read: Callable[[Any], T]) -> T:
        """Return the same without looking whose key it is."""
        self.ready_to_sign(lane)
        try:
            return self._wire.ask(request, lane, what, read)
        except ExchangeUnavailable:
            if not self._wire.is_clock_due:
                raise
        # The answer said that our clock is wrong: measure it anew and ask once more
        self.ready_to_sign(lane)
        return self._wire.ask(request, lane, what, read)

    def ready_to_sign(self, lane: Lane) -> None:
        if self._wire.is_clock_due:
            self._wire.measure_clock(lane)


def accept(answer: Any) -> None:
    """Read nothing: that the exchange did not refuse says enough."""
