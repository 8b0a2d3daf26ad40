"""Candles of one market: a synthetic past in four resolutions, and the prints since."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

ZERO = Decimal(0)
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

#: Milliseconds of each interval; a month is a calendar month.
INTERVALS = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
    "1M": 30 * DAY,
}
_EPOCH_MONDAY_MS = 4 * DAY  # 1970-01-05: weeks begin on Mondays

#: Resolution, how far back it reaches, and the unit its beginning is aligned to.
_TIERS = (
    (SECOND, HOUR, MINUTE),
    (MINUTE, 2 * DAY, HOUR),
    (HOUR, 120 * DAY, DAY),
    (DAY, 1100 * DAY, DAY),
)


@dataclass(frozen=True, slots=True)
class Candle:
    """Open, high, low, close (quote per base), volume (base) and turnover (quote)."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    turnover: Decimal = ZERO
    trades: int = 0
    length_ms: int = SECOND  # The finest interval that it can be part of

    def with_trade(self, price: Decimal, quantity: Decimal) -> Candle:
        return replace(
            self,
            high=max(self.high, price),
            low=min(self.low, price),
            close=price,
            volume=self.volume + quantity,
            turnover=self.turnover + price * quantity,
            trades=self.trades + 1,
        )

    def joined(self, later: Candle) -> Candle:
        """Return this candle extended by the one that follows."""
        return replace(
            self,
            high=max(self.high, later.high),
            low=min(self.low, later.low),
            close=later.close,
            volume=self.volume + later.volume,
            turnover=self.turnover + later.turnover,
            trades=self.trades + later.trades,
        )


def bucket_start(time_ms: int, interval: str) -> int:
    """Return when the candle of `interval` that holds `time_ms` opened."""
    if interval == "1M":
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return int(first.timestamp() * 1000)
    length_ms = INTERVALS[interval]
    shift_ms = _EPOCH_MONDAY_MS if interval == "1w" else 0
    return time_ms - (time_ms - shift_ms) % length_ms


def bucket_end(open_ms: int, interval: str) -> int:
    """Return when the candle after the one opened at `open_ms` opens."""
    if interval == "1M":
        return bucket_start(open_ms + int(timedelta(days=32).total_seconds() * 1000), interval)
    return open_ms + INTERVALS[interval]


def aggregate(candles: Iterable[Candle], interval: str) -> Iterator[Candle]:
    """Join candles of finer resolutions, oldest first, into those of `interval`."""
    current: Candle | None = None
    for candle in candles:
        open_ms = bucket_start(candle.open_ms, interval)
        if current is not None and open_ms == current.open_ms:
            current = current.joined(candle)
            continue
        if current is not None:
            yield current
        current = replace(candle, open_ms=open_ms, length_ms=INTERVALS[interval])
    if current is not None:
        yield current


def without_gaps(candles: Iterable[Candle], interval: str, until_ms: int) -> Iterator[Candle]:
    """Put a flat candle wherever nothing traded, up to the one that holds `until_ms`."""
    previous: Candle | None = None
    for candle in candles:
        if previous is not None:
            yield from _flat(previous, interval, candle.open_ms)
        yield candle
        previous = candle
    if previous is not None:
        yield from _flat(previous, interval, bucket_start(until_ms, interval) + 1)


def _flat(previous: Candle, interval: str, end_ms: int) -> Iterator[Candle]:
    price = previous.close
    open_ms = bucket_end(previous.open_ms, interval)
    while open_ms < end_ms:
        yield Candle(open_ms, price, price, price, price)
        open_ms = bucket_end(open_ms, interval)


def synthetic_past(rng: random.Random, price: Decimal, tick: Decimal, now_ms: int) -> list[Candle]:
    """Walk backward from `price` at `now_ms`; return the candles, oldest first.

    Seconds for the last hour, minutes for two days, hours for four months, days for three years:
    each resolution begins where the next coarser one ends, so that any interval can be joined.
    """
    past: list[Candle] = []
    close, end_ms = float(price), now_ms - now_ms % SECOND
    for length_ms, reach_ms, aligned_ms in _TIERS:
        begin_ms = now_ms - reach_ms
        begin_ms -= begin_ms % aligned_ms
        volatility = 0.00006 * (length_ms / SECOND) ** 0.5
        while end_ms - length_ms >= begin_ms:
            end_ms -= length_ms
            candle = _past_candle(rng, end_ms, close, volatility, tick, length_ms)
            past.append(candle)
            close = float(candle.open)
    past.reverse()
    return past


def _past_candle(
    rng: random.Random, open_ms: int, close: float, volatility: float, tick: Decimal, length_ms: int
) -> Candle:
    def rounded(value: float) -> Decimal:
        return max(tick, Decimal(value).quantize(tick))

    start = close * (1 + rng.gauss(0, volatility))
    high = max(start, close) * (1 + abs(rng.gauss(0, volatility / 2)))
    low = min(start, close) * (1 - abs(rng.gauss(0, volatility / 2)))
    volume = Decimal(20_000 * rng.uniform(0.2, 1.8) * length_ms / SECOND / close).quantize(
        Decimal("0.001")
    )
    open_, close_ = rounded(start), rounded(close)
    turnover = volume * close_
    trades = 1 + length_ms // SECOND
    return Candle(
        open_ms,
        open_,
        max(rounded(high), open_, close_),
        min(rounded(low), open_, close_),
        close_,
        volume,
        turnover,
        trades,
        length_ms,
    )


class CandleSeries:
    """The candles of one market; the past is made when somebody first asks for it."""

    def __init__(self, past: Callable[[], list[Candle]]) -> None:
        self._make_past = past
        self._past: list[Candle] | None = None
        self._live: list[Candle] = []

    def add(self, time_ms: int, price: Decimal, quantity: Decimal) -> None:
        """Count a print at its second."""
        open_ms = bucket_start(time_ms, "1s")
        if self._live and self._live[-1].open_ms >= open_ms:
            self._live[-1] = self._live[-1].with_trade(price, quantity)
            return
        self._live.append(
            Candle(open_ms, price, price, price, price, quantity, price * quantity, 1)
        )
        if len(self._live) > 4 * 3600:
            self._coarsen()

    def _coarsen(self) -> None:
        """Join all but the last hour of seconds into minutes."""
        border_ms = self._live[-3600].open_ms // HOUR * HOUR
        old = [c for c in self._live if c.open_ms < border_ms]
        new = self._live[len(old) :]
        self._past = self.past + list(aggregate(old, "1m"))
        self._live = new

    @property
    def past(self) -> list[Candle]:
        if self._past is None:
            self._past = self._make_past()
        return self._past

    def load(self, candles: Iterable[Candle]) -> None:
        """Continue with candles of an earlier run."""
        self._live = [*candles, *self._live]

    def last_live(self) -> Candle | None:
        return self._live[-1] if self._live else None

    def read(
        self, interval: str, now_ms: int, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[Candle]:
        """Return at most `limit` candles: the oldest from `start_ms`, else the newest."""
        length_ms = INTERVALS[interval]
        begin_ms = (
            start_ms if start_ms is not None else (end_ms or now_ms) - (limit + 2) * length_ms
        )
        first_ms = bucket_start(begin_ms, interval)
        until_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        candles = [
            c
            for c in without_gaps(
                aggregate(self._finer_than(interval), interval), interval, until_ms
            )
            if c.open_ms >= first_ms and c.open_ms <= until_ms
        ]
        if start_ms is None:
            return candles[-limit:]
        return [c for c in candles if c.open_ms >= start_ms][:limit]

    def _finer_than(self, interval: str) -> Iterator[Candle]:
        """Yield the candles that are no longer than `interval`, oldest first."""
        length_ms = INTERVALS[interval]
        for candle in (*self.past, *self._live):
            if candle.length_ms <= length_ms:
                yield candle
