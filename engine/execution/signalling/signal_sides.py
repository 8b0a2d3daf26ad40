"""Which of a contract's positions a signal means, where the account holds two of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from engine.domain.derivative import PositionSide, position_name, settle_asset
from engine.domain.lanes import Lane
from engine.domain.position import PositionState
from engine.domain.request import OrderIntent
from engine.domain.signal import Signal, SignalType
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.risk.book import current_position
from engine.risk.brackets import on_ticks
from engine.risk.signals import build_intent

SIDES = (PositionSide.LONG, PositionSide.SHORT)
#: What enters says by itself which position it means.
ENTERS = {SignalType.LONG: PositionSide.LONG, SignalType.SHORT: PositionSide.SHORT}


def check_side(signal: Signal, *, is_hedged: bool) -> None:
    """Raise InvalidRequest where the signal's side contradicts its type or the account's mode."""
    side = signal.position_side
    if side is PositionSide.BOTH:
        return
    if not is_hedged:
        raise InvalidRequest(
            f"position_side is {side}, but account {signal.account} holds one position in"
            f" {signal.symbol}; it must be both."
        )
    meant = ENTERS.get(signal.signal_type, side)
    if side is not meant:
        raise InvalidRequest(
            f"position_side is {side}, but a signal to be {signal.signal_type} opens the"
            f" {meant} position; it must be {meant} or both."
        )


def choose_side(signal: Signal, held: Collection[PositionSide]) -> PositionSide:
    """Return which of two positions the signal means, by its type and by what is held. Pure.

    Raises InvalidRequest for one that ends a position where both are held: it must say which.
    """
    if signal.position_side is not PositionSide.BOTH:
        return signal.position_side
    if signal.signal_type in ENTERS:
        return ENTERS[signal.signal_type]
    if len(held) > 1:
        raise InvalidRequest(
            f"position_side is both, and {signal.symbol} is held long and short:"
            f" to {signal.signal_type} it must be long or short."
        )
    # Where nothing is held, risk says so
    return next(iter(held), PositionSide.LONG)


def settle_side(context: AccountContext, signal: Signal) -> Signal:
    """Return the signal with the position that it means, by the account's mode of now.

    Raises InvalidRequest for a contradiction, and what a question to the exchange raises.
    """
    if settle_asset(signal.symbol) is None:
        check_side(signal, is_hedged=False)
        return signal
    is_hedged = context.gateway.is_hedged(Lane.SUBMIT)
    check_side(signal, is_hedged=is_hedged)
    if not is_hedged:
        return signal
    return replace(signal, position_side=choose_side(signal, _held(context, signal.symbol)))


def intent_of(context: AccountContext, signal: Signal) -> OrderIntent:
    """Return the order that a signal with a settled side asks for, by what is held now."""
    name = position_name(signal.symbol, signal.position_side)
    held = current_position(context.store.load_risk_book(), name).direction
    intent = build_intent(signal, context.name, held)
    rules = context.gateway.index_instruments(Lane.SUBMIT).get(signal.symbol)
    return on_ticks(intent, rules) if rules else intent


def _held(context: AccountContext, symbol: str) -> list[PositionSide]:
    book = context.store.load_risk_book()
    return [
        side
        for side in SIDES
        if current_position(book, position_name(symbol, side)).direction is not PositionState.FLAT
    ]
