"""Strategies for tests, named by their path as a user's are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.domain.fill import Fill
from engine.domain.position import PositionState
from engine.domain.signal import Signal, SignalType
from engine.strategies.strategy import View, Wanted


@dataclass(frozen=True, kw_only=True)
class Always:
    """Wants the same at every candle."""

    wanted: SignalType = SignalType.LONG

    @property
    def candles_needed(self) -> int:
        return 1

    def decide(self, view: View) -> Wanted:
        return self.wanted


@dataclass(frozen=True, kw_only=True)
class WithBothPrices:
    """Long with a stop a tenth below the close and a target a tenth above it."""

    candles_needed: int = 1

    def decide(self, view: View) -> Wanted:
        close = view.closes[-1]
        return Signal(
            symbol=view.symbol,
            signal_type=SignalType.LONG,
            stop_price=close - close / 10,
            target_price=close + close / 10,
        )


@dataclass(frozen=True, kw_only=True)
class InAndOut:
    """Long while it holds nothing of its own, out again at the next candle."""

    candles_needed: int = 2

    def decide(self, view: View) -> Wanted:
        is_flat = view.position.direction is PositionState.FLAT
        return SignalType.LONG if is_flat else SignalType.CLOSE


@dataclass(frozen=True, kw_only=True)
class TakesBack:
    """Long at once, and out by the fill itself; writes down what it was told."""

    note: str
    candles_needed: int = 1

    def decide(self, view: View) -> Wanted:
        return SignalType.LONG if view.position.cursor == 0 else None

    def on_fill(self, fill: Fill, view: View) -> Wanted:
        with Path(self.note).open("a") as file:
            file.write(f"{fill.side} {fill.trade_id} {view.position.net_quantity}\n")
        return SignalType.CLOSE if fill.side == "buy" else None


@dataclass(frozen=True, kw_only=True)
class Misbehaves:
    """Does what no strategy should, as long as a file is there."""

    how: str = "raise"
    while_there: str = "/"
    candles_needed: int = 1

    def decide(self, view: View) -> Wanted:
        if not Path(self.while_there).exists():
            return SignalType.LONG
        if self.how == "raise":
            raise ZeroDivisionError("a mistake")
        if self.how == "spin":
            while True:
                pass
        return Signal(symbol="DOGE/USDT", signal_type=SignalType.LONG)
