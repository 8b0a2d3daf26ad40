"""What a strategy is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from engine.domain.candle import Candle
from engine.domain.fill import Fill
from engine.domain.position import Position
from engine.domain.signal import Signal, SignalType

#: What a strategy may want: a kind of position, or a signal with a stop, a target or both; None:
#: nothing new.
Wanted = Signal | SignalType | None


@dataclass(frozen=True, kw_only=True)
class View:
    """What a strategy sees at the end of a candle: of one symbol, nothing that came later."""

    symbol: str
    interval: str
    candles: Sequence[Candle]  # Exactly as many closed ones as it needs, oldest first
    position: Position  # Of the fills of its own signals; what others hold is not in it

    @property
    def closes(self) -> list[Decimal]:
        """Return the closing prices, oldest first."""
        return [candle.close for candle in self.candles]


@runtime_checkable
class Strategy(Protocol):
    """Looks at candles, wishes a position. Keeps nothing: the same view, the same wish.

    A dataclass or a pydantic model, whose fields are its parameters. It may also have
    `on_fill(self, fill: Fill, view: View) -> Wanted`, which is told of each fill of its own
    signals' orders, at least once.
    """

    @property
    def candles_needed(self) -> int:
        """How many closed candles it must see before it can decide."""
        ...

    def decide(self, view: View) -> Wanted:
        """Return the wish at the end of the newest candle, or None to leave things as they are."""
        ...


@runtime_checkable
class HearsFills(Protocol):
    """A strategy that is told of its fills."""

    def on_fill(self, fill: Fill, view: View) -> Wanted:
        """Return a wish that the fill gives rise to, or None."""
        ...
