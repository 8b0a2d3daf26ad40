"""Ten lines of strategy: buy after rising closes in a row, sell after the first that falls."""

from dataclasses import dataclass
from itertools import pairwise

from engine.domain.signal import SignalType
from engine.strategies.strategy import View, Wanted


@dataclass(frozen=True, kw_only=True)
class ThreeUp:
    """LONG after `count` rising closes in a row, CLOSE after one that falls."""

    count: int = 3

    @property
    def candles_needed(self) -> int:
        return self.count + 1

    def decide(self, view: View) -> Wanted:
        closes = view.closes
        if all(before < after for before, after in pairwise(closes)):
            return SignalType.LONG
        return SignalType.CLOSE if closes[-1] < closes[-2] else None
