"""What a strategy would have said to candles of the past. Nothing is sent.

Its own position is the one that it would hold if each wish were filled with one coin at the
candle's close, without fees: good enough to see when it speaks, no measure of what it earns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.domain.candle import Candle
from engine.domain.fill import Fill, Side
from engine.domain.position import Position, empty_position
from engine.domain.signal import SignalType
from engine.strategies.deciding import Past, count_needed, decide_at
from engine.strategies.isolation import run_isolated
from engine.strategies.job import Job, preload, to_words, wish_of
from engine.strategies.strategy import Strategy
from engine.strategies.wish import Wish

#: A replay is a person's: it may take longer than a run on the workers.
LIMIT_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """A wish of the past, and what it would have come to."""

    wish: Wish
    close: Decimal
    held: Decimal  # Coins afterwards; below zero: short


def replay(job: Job, symbol: str, candles: Sequence[Candle], *, is_spot: bool) -> tuple[Said, ...]:
    """Return what the strategy says at the end of each candle; StrategyFailed when it fails."""
    preload()

    def work() -> bytes:
        said = replay_with(job.load(), symbol, job.settings.interval, candles, is_spot=is_spot)
        return json.dumps([_to_row(one) for one in said]).encode()

    return tuple(map(_from_row, json.loads(run_isolated(work, limit_ms=LIMIT_MS))))


def replay_with(
    strategy: Strategy, symbol: str, interval: str, candles: Sequence[Candle], *, is_spot: bool
) -> Iterator[Said]:
    """Yield what the strategy says, oldest first."""
    needed = count_needed(strategy)
    past = Past(
        symbol=symbol,
        interval=interval,
        candles=candles,
        after_ms=0,
        position=empty_position("replay", symbol),
    )
    for end in range(needed, len(candles) + 1):
        wish = decide_at(strategy, past, end, needed)
        if wish is not None:
            past = replace(past, position=_moved(past.position, wish, candles[end - 1], is_spot))
            close = candles[end - 1].close
            yield Said(wish=wish, close=close, held=past.position.net_quantity)


def _moved(position: Position, wish: Wish, candle: Candle, is_spot: bool) -> Position:
    """Return the position when the wish was filled, one coin a side, at the close."""
    held = position.net_quantity
    wanted = {
        SignalType.LONG: Decimal(1),
        SignalType.SHORT: Decimal(-1),
        SignalType.CLOSE: Decimal(0),
        SignalType.REVERSE: -held,
    }[wish.signal_type]
    change = (max(wanted, Decimal(0)) if is_spot else wanted) - held
    if not change:
        return position
    return position.apply_row(
        Fill(
            trade_id=str(candle.opened_at_ms),
            exchange_order_id="replay",
            symbol=position.symbol,
            side=Side.BUY if change > 0 else Side.SELL,
            quantity=abs(change),
            price=candle.close,
            cost=abs(change) * candle.close,
            executed_at_ms=wish.at_ms,
        )
    )


def _to_row(said: Said) -> dict[str, Any]:
    return {"wish": to_words(said.wish), "close": str(said.close), "held": str(said.held)}


def _from_row(row: dict[str, Any]) -> Said:
    return Said(wish=wish_of(row["wish"]), close=Decimal(row["close"]), held=Decimal(row["held"]))
