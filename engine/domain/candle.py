"""Candles: what a market did in equal spans of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.decimals import shorten
from engine.errors import InvalidRequest

#: Milliseconds of the letter that an interval ends with.
UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
#: A look at least and at most so often, whatever the interval; each may cost request allowance.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0


@dataclass(frozen=True, kw_only=True)
class Candle:
    opened_at_ms: int  # Exchange time
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal  # Base currency


@dataclass(frozen=True)
class CandleList:
    """The newest candles of one symbol and interval, oldest first; the last one is not closed."""

    items: tuple[Candle, ...]

    @property
    def closed_until_ms(self) -> int:
        """Exchange time up to which everything is in; 0 for an empty list."""
        return self.items[-1].opened_at_ms if self.items else 0


def closed(candles: Sequence[Candle]) -> Sequence[Candle]:
    """Return the candles that cannot change any more: a later one exists. Needs no clock."""
    return candles[:-1]


def interval_ms(interval: str) -> int:
    """Return the length of "1s", "5m", "4h" … in milliseconds.

    Raises InvalidRequest for what is no interval.
    """
    number, unit = interval[:-1], interval[-1:]
    is_number = number.isascii() and number.isdigit() and len(number) < 4 and int(number) > 0
    if unit not in UNITS_MS or not is_number:
        raise InvalidRequest(
            f"interval is {shorten(interval)}; it must be a number and one of"
            f" {', '.join(UNITS_MS)}, for example 1m."
        )
    return int(number) * UNITS_MS[unit]


def pause_s(interval: str) -> float:
    """Return the seconds between two looks at candles of this length.

    Raises InvalidRequest for what is no interval.
    """
    return min(max(interval_ms(interval) / 4_000, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
