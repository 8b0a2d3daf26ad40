"""The border where a caller's signal becomes a checked one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.domain.decimals import parse_positive, shorten
from engine.domain.derivative import PositionSide
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.signal import Signal, SignalType
from engine.domain.words import parse_word
from engine.errors import ConfigurationError, InvalidRequest
from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.order_request import check_key, read_trigger_by


def normalise_signal(context: AccountContext, signal: Signal) -> Signal:
    """Return the signal with its symbol resolved and every empty field filled.

    Raises InvalidRequest that names the field, its value and what is allowed. Without a time of
    its own a signal is valid for as long as an order would wait to be sent: one that sat in a
    stopped machine must not be traded the next day.
    """
    now_ms = context.clock.now_ms()
    created_ms = _time(signal.created_at_ms, "created_at_ms") or now_ms
    valid_ms = _time(signal.valid_until_ms, "valid_until_ms")
    stop, target = signal.stop_price, signal.target_price
    return replace(
        signal,
        symbol=_watched_symbol(context, signal.symbol),
        signal_type=parse_word(SignalType, signal.signal_type, "signal_type"),
        account=context.name,
        key=check_key(signal.key) or context.random.nonce(),
        strategy=check_key(signal.strategy),
        position_side=parse_word(PositionSide, signal.position_side, "position_side"),
        stop_price=None if stop is None else parse_positive(stop, "stop_price"),
        target_price=None if target is None else parse_positive(target, "target_price"),
        stop_trigger_by=read_trigger_by(signal.stop_trigger_by),
        budget=None if signal.budget is None else parse_positive(signal.budget, "budget"),
        created_at_ms=created_ms,
        valid_until_ms=valid_ms or created_ms + context.timings.order_valid_ms,
    )


def _time(value: int, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequest(f"{field} is {shorten(value)}; it must be milliseconds since 1970.")
    return value


def _watched_symbol(context: AccountContext, word: str) -> str:
    listed = context.gateway.load_instruments(Lane.SUBMIT)
    symbol = resolve_symbol(word, listed).symbol
    watched = _resolve_watchlist(context.watchlist, listed)
    if watched and symbol not in watched:
        raise InvalidRequest(
            f"symbol is {symbol}; signals are accepted for the watchlist only:"
            f" {', '.join(sorted(watched))}."
        )
    return symbol


def _resolve_watchlist(words: Iterable[str], listed: Iterable[Instrument]) -> set[str]:
    try:
        return {resolve_symbol(word, listed).symbol for word in words}
    except InvalidRequest as error:
        raise ConfigurationError(f"In the watchlist, {error}") from None
