"""Ask a strategy about candles and fills, and judge what it says. Pure but for the strategy.

Everything that runs a strategy runs it here: the workers, a live engine in a script, a replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.candle import Candle, interval_ms
from engine.domain.decimals import parse_positive, plain, shorten
from engine.domain.fill import Fill
from engine.domain.position import Position
from engine.domain.signal import Signal, SignalType
from engine.errors import InvalidRequest, StrategyFailed
from engine.strategies.strategy import HearsFills, Strategy, View, Wanted


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a strategy wants, when it said so, and what made it."""

    symbol: str
    signal_type: SignalType
    stop_price: Decimal | None = None
    at_ms: int  # Exchange time: the end of the candle, or the fill
    cause: str  # The candle or the fill, the same whenever it is looked at again


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
    return _checked(
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


def signal_of(wish: Wish, strategy: str, *, age_ms: int) -> Signal:
    """Return the wish as a signal: one for each candle or fill, whoever says it how often."""
    return Signal(
        symbol=wish.symbol,
        signal_type=wish.signal_type,
        stop_price=wish.stop_price,
        strategy=strategy,
        key=f"{strategy} {wish.symbol} {wish.cause}",
        created_at_ms=wish.at_ms,
        valid_until_ms=wish.at_ms + age_ms,
    )


# ---- inside ----------------------------------------------------------------------------------


def _of_fills(strategy: Strategy, past: Past, needed: int) -> Iterator[Wish]:
    if not isinstance(strategy, HearsFills) or len(past.candles) < needed:
        return
    view = view_of(past, len(past.candles), needed)
    for fill in past.fills:
        cause = f"fill {fill.row_id}"
        wish = _checked(strategy.on_fill(fill, view), view, at_ms=fill.executed_at_ms, cause=cause)
        if wish is not None:
            yield wish


def _checked(wanted: Wanted, view: View, *, at_ms: int, cause: str) -> Wish | None:
    """Return what is wanted as a wish; StrategyFailed for what is none."""
    if wanted is None:
        return None
    signal = _as_signal(wanted, view)
    wish = Wish(
        symbol=view.symbol,
        signal_type=signal.signal_type,
        stop_price=_stop_price(signal),
        at_ms=at_ms,
        cause=cause,
    )
    _check_stop(wish, view.candles[-1].close)
    return wish


def _as_signal(wanted: object, view: View) -> Signal:
    if isinstance(wanted, SignalType):
        return Signal(symbol=view.symbol, signal_type=wanted)
    if not isinstance(wanted, Signal):
        raise StrategyFailed(
            f"it returned {shorten(wanted)}; it must be a Signal, SignalType or None."
        )
    if wanted.symbol != view.symbol:
        raise StrategyFailed(
            f"its signal's symbol is {shorten(wanted.symbol)}; it must be the one that it was asked"
            f" about, {view.symbol}."
        )
    if not isinstance(wanted.signal_type, SignalType):
        raise StrategyFailed(
            f"its signal's signal_type is {shorten(wanted.signal_type)}; it must be a SignalType."
        )
    bare = Signal(
        symbol=wanted.symbol, signal_type=wanted.signal_type, stop_price=wanted.stop_price
    )
    if wanted != bare:
        raise StrategyFailed(
            "its signal names more than symbol, signal_type and stop_price; the rest is not its"
            " own to say."
        )
    return wanted


def _stop_price(signal: Signal) -> Decimal | None:
    try:
        return (
            None if signal.stop_price is None else parse_positive(signal.stop_price, "stop_price")
        )
    except InvalidRequest as error:
        raise StrategyFailed(f"its signal is wrong: {error}") from None


def _check_stop(wish: Wish, close: Decimal) -> None:
    if wish.stop_price is None or wish.signal_type not in {SignalType.LONG, SignalType.SHORT}:
        return
    is_long = wish.signal_type is SignalType.LONG
    if wish.stop_price < close if is_long else wish.stop_price > close:
        return
    raise StrategyFailed(
        f"its signal is {wish.signal_type} with stop_price {plain(wish.stop_price)}; it must be"
        f" {'below' if is_long else 'above'} the candle's close {plain(close)}."
    )
