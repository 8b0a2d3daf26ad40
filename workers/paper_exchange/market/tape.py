"""The public trades of one market: last price, average price, recent prints."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from .candle_series import CandleSeries
from .trades import Print

#: `avgPriceMins` of every filter.
AVERAGE_MINUTES = 5
_AVERAGE_MS = AVERAGE_MINUTES * 60_000
_RECENT = 1000


class Tape:
    """What everybody sees of the trades of one market."""

    def __init__(self, price: Decimal, candles: CandleSeries) -> None:
        self.last_price = price
        self.candles = candles
        self.recent: deque[Print] = deque(maxlen=_RECENT)
        self._window: deque[tuple[int, Decimal, Decimal]] = deque()
        self._quote = self._base = Decimal(0)

    def add(self, print_: Print) -> None:
        self.last_price = print_.price
        self.recent.append(print_)
        self.candles.add(print_.executed_at_ms, print_.price, print_.quantity)
        quote = print_.price * print_.quantity
        self._window.append((print_.executed_at_ms, quote, print_.quantity))
        self._quote += quote
        self._base += print_.quantity

    def average_price(self, now_ms: int) -> Decimal:
        """Return the volume-weighted price of the last five minutes, or the last price."""
        while self._window and self._window[0][0] < now_ms - _AVERAGE_MS:
            _, quote, base = self._window.popleft()
            self._quote -= quote
            self._base -= base
        if not self._base:
            return self.last_price
        return (self._quote / self._base).quantize(Decimal("1E-8"))

    def forget_average(self) -> None:
        """Let the last price alone be the average, as after five quiet minutes."""
        self._window.clear()
        self._quote = self._base = Decimal(0)
