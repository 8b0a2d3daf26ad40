"""Candles of one market: a synthetic past in four resolutions, and the prints since."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
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

#: Resolution, how far back it reaches, and the unit that its beginning is aligned to.
_TIERS = (
    (SECOND, 20 * MINUTE, MINUTE),
    (MINUTE, 84 * HOUR, 15 * MINUTE),
    (15 * MINUTE, 21 * DAY, HOUR),
    (HOUR, 167 * DAY, DAY),
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
        return Candle(
            self.open_ms,
            self.open,
            max(self.high, price),
            min(self.low, price),
            price,
            self.volume + quantity,
            self.turnover + price * quantity,
            self.trades + 1,
            self.length_ms,
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

    Five resolutions, the finest last: each begins where the next coarser one ends, so that any
    interval can be joined from them.
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
    step = float(tick)

    def rounded(value: float) -> Decimal:
        return max(1, round(value / step)) * tick

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
