"""The simplest example: long while the fast average is above the slow one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.decimals import ZERO
from engine.domain.signal import SignalType
from engine.errors import ConfigurationError
from engine.strategies.strategy import View


@dataclass(frozen=True, kw_only=True)
class MovingAverageCross:
    """Wishes LONG when the fast average crosses above the slow one, CLOSE when it falls below.

    Averages of exact prices, compared without a division: a library's floats could tell two equal
    ones apart.
    """

    fast: int = 5  # Candles
    slow: int = 20  # Candles

    def __post_init__(self) -> None:
        if not 1 <= self.fast < self.slow:
            raise ConfigurationError(
                f"fast is {self.fast} and slow is {self.slow}; fast must be from 1 to slow - 1."
            )

    @property
    def candles_needed(self) -> int:
        """One more than the slow average: a cross has a before."""
        return self.slow + 1

    def decide(self, view: View) -> SignalType | None:
        """Return LONG or CLOSE on the candle of the cross, None on every other."""
        closes = view.closes
        before, now = self._lead(closes[:-1]), self._lead(closes[1:])
        if before <= 0 < now:
            return SignalType.LONG
        return SignalType.CLOSE if now < 0 <= before else None

    def _lead(self, closes: Sequence[Decimal]) -> Decimal:
        """Return fast minus slow average, times both lengths: the sign, without a division."""
        fast, slow = sum(closes[-self.fast :], ZERO), sum(closes[-self.slow :], ZERO)
        return fast * self.slow - slow * self.fast
