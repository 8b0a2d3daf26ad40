"""All candles of one market: its synthetic past, and what has traded since."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from .candles import INTERVALS, Candle, aggregate, bucket_start, without_gaps

#: The resolutions that are kept; every interval is joined from the coarsest one that fits in it.
BASES = ("1s", "1m", "15m", "1h", "1d")
#: Live seconds that are kept; older ones are in the minutes.
_MOST_SECONDS = 7_200


class CandleSeries:
    """The candles of one market; the past is made when somebody first asks for it."""

    def __init__(self, make_past: Callable[[], list[Candle]]) -> None:
        self._make_past = make_past
        self._past: dict[str, list[Candle]] = {}
        self._live: dict[str, list[Candle]] = {base: [] for base in BASES}
        self._second: Candle | None = None  # In progress; joined to the others when it ends

    def add(self, time_ms: int, price: Decimal, quantity: Decimal) -> None:
        """Count a print in its second."""
        open_ms = time_ms - time_ms % INTERVALS["1s"]
        second = self._second
        if second is not None and second.open_ms >= open_ms:
            self._second = second.with_trade(price, quantity)
            return
        if second is not None:
            self._close(second)
        self._second = Candle(open_ms, price, price, price, price, quantity, price * quantity, 1)

    def _close(self, second: Candle) -> None:
        """Join a finished second to the candles of every resolution."""
        for base, rows in self._live.items():
            open_ms = bucket_start(second.open_ms, base)
            if rows and rows[-1].open_ms >= open_ms:
                rows[-1] = rows[-1].joined(second)
            else:
                rows.append(replace(second, open_ms=open_ms, length_ms=INTERVALS[base]))
        if len(self._live["1s"]) > 2 * _MOST_SECONDS:
            del self._live["1s"][:_MOST_SECONDS]

    def load(self, minutes: Iterable[Candle]) -> None:
        """Continue with the minutes of an earlier run, oldest first."""
        rows = list(minutes)
        for base in BASES[1:]:
            self._live[base] = list(aggregate(rows, base))

    def live_minute(self) -> Candle | None:
        """Return the newest minute that has traded, None before the first trade."""
        rows = [*self._live["1m"][-1:], *([self._second] if self._second else ())]
        return next(iter(list(aggregate(rows, "1m"))[-1:]), None)

    def read(
        self, interval: str, now_ms: int, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[Candle]:
        """Return at most `limit` candles: the oldest from `start_ms`, else the newest."""
        until_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        wanted_ms = until_ms - (limit + 1) * INTERVALS[interval] if start_ms is None else start_ms
        first_ms = bucket_start(max(wanted_ms, 0), interval)
        found = aggregate(self._since(first_ms, interval), interval)
        # The clock may have been put back: what is ahead would fill its gap with candles
        past = (candle for candle in found if candle.open_ms <= until_ms)
        rows = without_gaps(past, interval, until_ms)
        candles = [c for c in rows if first_ms <= c.open_ms <= until_ms]
        if start_ms is None:
            return candles[-limit:]
        return [c for c in candles if c.open_ms >= start_ms][:limit]

    def _since(self, first_ms: int, interval: str) -> Iterable[Candle]:
        """Return the base candles from `first_ms` on, and the one before for its close."""
        base = max((b for b in BASES if INTERVALS[b] <= INTERVALS[interval]), key=BASES.index)
        running = () if self._second is None else (self._second,)
        rows = list(chain(self._past_of(base), self._live[base], running))
        begin = bisect_left(rows, first_ms, key=lambda c: c.open_ms)
        return rows[max(begin - 1, 0) :]

    def _past_of(self, base: str) -> list[Candle]:
        if not self._past:
            whole = self._make_past()
            for name in BASES:
                fine = (c for c in whole if c.length_ms <= INTERVALS[name])
                self._past[name] = list(aggregate(fine, name))
        return self._past[base]
