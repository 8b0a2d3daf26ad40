"""What a strategy is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.domain.report import Candle
from engine.domain.signal import SignalType


class Strategy(Protocol):
    """Looks at candles, wishes a position. Keeps nothing: the same candles, the same wish."""

    @property
    def candles_needed(self) -> int:
        """How many closed candles it must see before it can decide."""
        ...

    def decide(self, candles: Sequence[Candle]) -> SignalType | None:
        """Return the wish at the end of the newest candle, or None to leave things as they are.

        `candles` are closed ones of one symbol and interval, oldest first; fewer than
        `candles_needed` give None.
        """
        ...
