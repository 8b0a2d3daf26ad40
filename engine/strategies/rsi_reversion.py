"""Buy what fell too fast, and sell when it has recovered. An example, not advice."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.signal import SignalType
from engine.errors import ConfigurationError
from engine.strategies.indicators import SETTLED_LENGTHS, rsi
from engine.strategies.strategy import View


@dataclass(frozen=True, kw_only=True)
class RsiReversion:
    """Wishes LONG when the RSI falls below `low`, CLOSE when it rises above `high`."""

    length: int = 14  # Candles
    low: float = 30
    high: float = 55

    def __post_init__(self) -> None:
        if not 2 <= self.length <= 200:
            raise ConfigurationError(f"length is {self.length}; it must be from 2 to 200.")
        if not 0 < self.low < self.high < 100:
            raise ConfigurationError(
                f"low is {self.low} and high is {self.high}; they must be between 0 and 100, low"
                " the smaller one."
            )

    @property
    def candles_needed(self) -> int:
        """Enough that the smoothing has forgotten where it began, and one before the newest."""
        return SETTLED_LENGTHS * self.length + 2

    def decide(self, view: View) -> SignalType | None:
        """Return LONG or CLOSE on the candle whose close crosses the level, None on every other."""
        before, now = rsi(view.closes, self.length)[-2:]
        if now < self.low <= before:
            return SignalType.LONG
        return SignalType.CLOSE if before <= self.high < now else None
