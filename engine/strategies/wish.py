"""What a strategy wants, and whether it can be meant. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.decimals import parse_positive, plain, shorten
from engine.domain.signal import Signal, SignalType
from engine.errors import InvalidRequest, StrategyFailed
from engine.strategies.strategy import View, Wanted


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a strategy wants, when it said so, and what made it."""

    symbol: str
    signal_type: SignalType
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    at_ms: int  # Exchange time: the end of the candle, or the fill
    cause: str  # The candle or the fill, the same whenever it is looked at again


def signal_of(wish: Wish, strategy: str, *, age_ms: int) -> Signal:
    """Return the wish as a signal: one for each candle or fill, whoever says it how often."""
    return Signal(
        symbol=wish.symbol,
        signal_type=wish.signal_type,
        stop_price=wish.stop_price,
        target_price=wish.target_price,
        strategy=strategy,
        key=f"{strategy} {wish.symbol} {wish.cause}",
        created_at_ms=wish.at_ms,
        valid_until_ms=wish.at_ms + age_ms,
    )


def wish_from(wanted: Wanted, view: View, *, at_ms: int, cause: str) -> Wish | None:
    """Return what is wanted as a wish; StrategyFailed for what is none."""
    if wanted is None:
        return None
    signal = _as_signal(wanted, view)
    wish = Wish(
        symbol=view.symbol,
        signal_type=signal.signal_type,
        stop_price=_price(signal.stop_price, "stop_price"),
        target_price=_price(signal.target_price, "target_price"),
        at_ms=at_ms,
        cause=cause,
    )
    _check_sides(wish, view.candles[-1].close)
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
    # Its prices are looked at for themselves: one that is no number equals not even itself
    rest = replace(wanted, stop_price=None, target_price=None)
    if rest != Signal(symbol=wanted.symbol, signal_type=wanted.signal_type):
        raise StrategyFailed(
            "its signal names more than symbol, signal_type, stop_price and target_price; the rest"
            " is not its own to say."
        )
    return wanted


def _price(price: object, field: str) -> Decimal | None:
    try:
        return None if price is None else parse_positive(price, field)
    except InvalidRequest as error:
        raise StrategyFailed(f"its signal is wrong: {error}") from None


def _check_sides(wish: Wish, close: Decimal) -> None:
    """Raise StrategyFailed for a stop or a target that is not on its side of the price."""
    if wish.signal_type not in {SignalType.LONG, SignalType.SHORT}:
        return
    is_long = wish.signal_type is SignalType.LONG
    prices = (
        ("stop_price", wish.stop_price, is_long),
        ("target_price", wish.target_price, not is_long),
    )
    for field, price, is_below in prices:
        if price is None or (price < close if is_below else price > close):
            continue
        raise StrategyFailed(
            f"its signal is {wish.signal_type} with {field} {plain(price)}; it must be"
            f" {'below' if is_below else 'above'} the candle's close {plain(close)}."
        )
