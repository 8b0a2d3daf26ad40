"""Ask a strategy about candles and fills, and judge what it says. Pure but for the strategy.

Everything that runs a strategy runs it here: the workers, a live engine in a script, a replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.domain.candle import Candle, interval_ms
from engine.domain.decimals import shorten
from engine.domain.fill import Fill
from engine.domain.position import Position
from engine.errors import StrategyFailed
from engine.strategies.strategy import HearsFills, Strategy, View
from engine.strategies.wish import Wish, wish_from


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known of one symbol when a strategy is asked about it."""

    symbol: str
    interval: str
    candles: Sequence[Candle]  # Closed ones, oldest first
    after_ms: int  # Opening time of the newest candle that was decided on before
    position: Position
    fills: tuple[Fill, ...] = ()  # Of its own signals, not told yet


def wishes(strategy: Strategy, past: Past) -> Iterator[Wish]:
    """Yield what the strategy wants: by each new fill, then by the newest candle that moves it.

    Raises StrategyFailed for what is no wish, and whatever the strategy itself raises.
    """
    needed = count_needed(strategy)
    yield from _of_fills(strategy, past, needed)
    wish = newest_wish(strategy, past, needed)
    if wish is not None:
        yield wish


def newest_wish(strategy: Strategy, past: Past, needed: int) -> Wish | None:
    """Return the last thing that the strategy wants at the candles opened after `after_ms`.

    An older wish among them is void: the strategy itself changed its mind.
    """
    for end in range(len(past.candles), needed - 1, -1):
        if past.candles[end - 1].opened_at_ms <= past.after_ms:
            return None
        wish = decide_at(strategy, past, end, needed)
        if wish is not None:
            return wish
    return None


def decide_at(strategy: Strategy, past: Past, end: int, needed: int) -> Wish | None:
    """Return the wish at the end of the candle before `end`; it sees `needed` candles, no more.

    So the same candles give the same wish, wherever a run begins.
    """
    view = view_of(past, end, needed)
    last = view.candles[-1]
    return wish_from(
        strategy.decide(view),
        view,
        at_ms=last.opened_at_ms + interval_ms(past.interval),
        cause=f"{past.interval} {last.opened_at_ms}",
    )


def view_of(past: Past, end: int, needed: int) -> View:
    """Return what the strategy may see at the end of the candle before `end`."""
    return View(
        symbol=past.symbol,
        interval=past.interval,
        candles=tuple(past.candles[end - needed : end]),
        position=past.position,
    )


def count_needed(strategy: Strategy) -> int:
    """Return how many candles the strategy needs; StrategyFailed for what is no such number."""
    needed = strategy.candles_needed
    if isinstance(needed, bool) or not isinstance(needed, int) or needed < 1:
        raise StrategyFailed(f"candles_needed is {shorten(needed)}; it must be 1 or more.")
    return needed


# ---- inside ----------------------------------------------------------------------------------


def _of_fills(strategy: Strategy, past: Past, needed: int) -> Iterator[Wish]:
    if not isinstance(strategy, HearsFills) or len(past.candles) < needed:
        return
    view = view_of(past, len(past.candles), needed)
    for fill in past.fills:
        cause = f"fill {fill.row_id}"
        wish = wish_from(strategy.on_fill(fill, view), view, at_ms=fill.executed_at_ms, cause=cause)
        if wish is not None:
            yield wish
