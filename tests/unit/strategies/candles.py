"""Candles from bare prices, and what a strategy says to them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.domain.candle import Candle
from engine.domain.position import empty_position
from engine.strategies.deciding import Past, count_needed, decide_at
from engine.strategies.strategy import Strategy
from engine.strategies.wish import Wish

MINUTE_MS = 60_000
SYMBOL = "BTC/USDT"

#: A close, or (high, low, close).
Price = int | str | tuple[int | str, int | str, int | str]


def candles_of(prices: Sequence[Price]) -> list[Candle]:
    """Return minute candles, the first opened at minute 1."""
    return [_candle(number, price) for number, price in enumerate(prices, start=1)]


def _candle(number: int, price: Price) -> Candle:
    high, low, close = price if isinstance(price, tuple) else (price, price, price)
    return Candle(
        opened_at_ms=MINUTE_MS * number,
        open=Decimal(close),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=Decimal(1),
    )


def past_of(candles: Sequence[Candle], after_ms: int = 0) -> Past:
    """Return a past without positions and fills."""
    return Past(
        symbol=SYMBOL,
        interval="1m",
        candles=candles,
        after_ms=after_ms,
        position=empty_position("desk", SYMBOL),
    )


def replay(strategy: Strategy, candles: Sequence[Candle]) -> list[Wish | None]:
    """Return what the strategy says at the end of each candle, None where it may not yet."""
    past, needed = past_of(candles), count_needed(strategy)
    return [
        decide_at(strategy, past, end, needed) if end >= needed else None
        for end in range(1, len(candles) + 1)
    ]


def words(strategy: Strategy, prices: Sequence[Price]) -> list[str | None]:
    """Return the kinds of wishes after each price."""
    return [
        wish.signal_type.value if wish else None for wish in replay(strategy, candles_of(prices))
    ]
