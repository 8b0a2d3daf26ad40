"""Follow a breakout out of the range of the last candles. An example, not advice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT
from engine.domain.signal import Signal, SignalType
from engine.errors import ConfigurationError
from engine.strategies.indicators import SETTLED_LENGTHS, atr, to_price
from engine.strategies.strategy import View


@dataclass(frozen=True, kw_only=True)
class DonchianBreakout:
    """Wishes LONG at a close above the highest high of `entry` candles before it, with a stop
    `stop_ranges` average true ranges below; CLOSE at one below the lowest low of `exit` candles.
    """

    entry: int = 20  # Candles
    exit: int = 10  # Candles
    stop_ranges: float = 2  # Of the average true range over `entry` candles

    def __post_init__(self) -> None:
        for name, length in (("entry", self.entry), ("exit", self.exit)):
            if not 2 <= length <= 200:
                raise ConfigurationError(f"{name} is {length}; it must be from 2 to 200.")
        if not 0 < self.stop_ranges <= 100:
            raise ConfigurationError(
                f"stop_ranges is {self.stop_ranges}; it must be above 0 and at most 100."
            )

    @property
    def candles_needed(self) -> int:
        """The longer channel and its newest candle, and enough for the range to settle."""
        return max(SETTLED_LENGTHS * self.entry, self.exit) + 2

    def decide(self, view: View) -> Signal | SignalType | None:
        """Return LONG with its stop or CLOSE on the candle that leaves the channel."""
        earlier, newest = view.candles[:-1], view.candles[-1]
        if newest.close > max(candle.high for candle in earlier[-self.entry :]):
            return self._entry(view)
        is_below = newest.close < min(candle.low for candle in earlier[-self.exit :])
        return SignalType.CLOSE if is_below else None

    def _entry(self, view: View) -> Signal | None:
        close = view.candles[-1].close
        average = Decimal(atr(view.candles, self.entry)[-1])  # To the last digit of the statistic
        with localcontext(EXACT):
            distance = Decimal(str(self.stop_ranges)) * average
        stop = close - to_price(distance, close)
        if not 0 < stop < close:
            return None  # A range as wide as the price: no stop makes sense there
        return Signal(symbol=view.symbol, signal_type=SignalType.LONG, stop_price=stop)
