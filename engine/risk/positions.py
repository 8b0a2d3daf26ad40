"""Does the position allow the order, and is there room for one more?"""

from __future__ import annotations

from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Side
from engine.domain.position import PositionState
from engine.domain.risk import Denied
from engine.domain.signal import SignalType
from engine.risk.book import open_symbols, pending_quantity
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, RiskContext
from engine.risk.signals import is_entry
from engine.risk.trading_state import (
    closes_position,
    is_reducing,
    needed_quantity,
    reducible_quantity,
)


def position_state(context: RiskContext) -> PositionState:
    """Return the state of the order's symbol; what is too small to be sold is FLAT."""
    held = context.position.net_quantity
    price = context.reference_price(Side.SELL)
    if context.instrument.is_dust(held, price):
        return PositionState.FLAT
    return PositionState.LONG if held > 0 else PositionState.SHORT


def check_signal_fits_position(candidate: Candidate) -> Denied | None:
    """Deny a signal that the position makes pointless or impossible."""
    signal = candidate.context.signal
    if not candidate.intent.signal_key or signal is None:
        return None
    check = _check_entry if is_entry(candidate) else _check_exit
    return check(candidate, signal.signal_type)


def _check_entry(candidate: Candidate, wanted: SignalType) -> Denied | None:
    context, symbol = candidate.context, candidate.intent.symbol
    state, held = position_state(context), context.position.net_quantity
    if state is not PositionState.FLAT:
        # Of the other side, too: an entry that only shrinks it is nothing that anybody meant
        is_long = state is PositionState.LONG
        return deny(
            DenialCode.ALREADY_LONG if is_long else DenialCode.ALREADY_SHORT,
            f"signal is {wanted} for {symbol}, where {plain(held)} {context.instrument.base} are"
            f" held; {wanted} is allowed while the position is flat"
            f"{'' if is_long is (wanted is SignalType.LONG) else ', reverse at any time'}.",
            net_quantity=held,
        )
    ordered = pending_quantity(context.book, symbol, candidate.intent.side, entries_only=True)
    if ordered > 0:
        return deny(
            DenialCode.ENTRY_PENDING,
            f"signal is {wanted} for {symbol}, where {plain(ordered)} {context.instrument.base} are"
            f" ordered already; {wanted} is allowed when no such order is unfinished.",
            pending_quantity=ordered,
        )
    return None


def _check_exit(candidate: Candidate, wanted: SignalType) -> Denied | None:
    context, symbol = candidate.context, candidate.intent.symbol
    held, base = context.position.net_quantity, context.instrument.base
    if not _is_closable(candidate):
        code = (
            DenialCode.ALREADY_FLAT
            if wanted is SignalType.CLOSE
            else (DenialCode.SHORT_NOT_POSSIBLE)
        )
        dust = (
            f"only {plain(held)} {base} are held, too little to be sold"
            if held > 0
            else ("nothing is held")
        )
        rule = (
            "a position must be open"
            if wanted is SignalType.CLOSE
            else ("on spot it closes a long position and cannot open a short one")
        )
        return deny(
            code, f"signal is {wanted} for {symbol}, where {dust}; {rule}.", net_quantity=held
        )
    left = closable_quantity(candidate)
    if context.instrument.is_dust(left, context.reference_price(candidate.intent.side)):
        return deny(
            DenialCode.EXIT_PENDING,
            f"signal is {wanted} for {symbol}, where unfinished orders may already"
            f" {candidate.intent.side} all but {plain(left)} of {plain(held)} {base};"
            " cancel them first.",
            net_quantity=held,
            closable=left,
        )
    return None


def _is_closable(candidate: Candidate) -> bool:
    state = position_state(candidate.context)
    needed = PositionState.LONG if candidate.intent.side is Side.SELL else PositionState.SHORT
    return state is needed


def closable_quantity(candidate: Candidate) -> Decimal:
    """Return the base quantity of the position that no unfinished order may take already."""
    return reducible_quantity(candidate.context.book, candidate.terms)


def check_reduce_only(candidate: Candidate) -> Denied | None:
    """Deny a reduce-only order that would open a position, alone or with the others."""
    if candidate.terms.close_position:
        return _check_closing(candidate)
    if not candidate.terms.reduce_only:
        return None
    quantity = needed_quantity(candidate)
    left = reducible_quantity(candidate.context.book, candidate.terms)
    if ZERO < quantity <= left:
        return None
    return deny(
        DenialCode.NOT_REDUCING,
        f"quantity is {plain(quantity)} to {candidate.terms.side} and reduce-only;"
        f" at most {plain(left)} {candidate.context.instrument.base} can still be reduced.",
        quantity=quantity,
        reducible=left,
    )


def _check_closing(candidate: Candidate) -> Denied | None:
    terms = candidate.terms
    if closes_position(candidate.context.book, terms):
        return None
    held = candidate.context.position.net_quantity
    wanted = PositionState.LONG if terms.side is Side.SELL else PositionState.SHORT
    return deny(
        DenialCode.NOT_REDUCING,
        f"close_position is true to {terms.side} while {plain(held)}"
        f" {candidate.context.instrument.base} are held; a {wanted} position must be open.",
        net_quantity=held,
    )


def check_max_positions(candidate: Candidate) -> Denied | None:
    """Deny an order that may open one position more than allowed; pending entries count."""
    context = candidate.context
    if not adds_exposure(candidate):
        return None
    rules = {**context.instruments, context.instrument.symbol: context.instrument}
    opened = open_symbols(context.book, rules, context.marks.prices)
    limit = context.settings.max_positions
    if candidate.terms.position in opened or len(opened) < limit:
        return None
    return deny(
        DenialCode.TOO_MANY_POSITIONS,
        f"symbol is {candidate.terms.symbol}, which would be open position {len(opened) + 1};"
        f" max_positions allows {limit}.",
        open_positions=len(opened),
        max_positions=limit,
    )


def adds_exposure(candidate: Candidate) -> bool:
    """Tell whether the order may open or enlarge a position; a spot sale never does."""
    if candidate.terms.only_reduces:
        return False
    if candidate.context.instrument.market_type == "spot":
        return candidate.terms.side is Side.BUY
    with localcontext(EXACT):
        price = candidate.context.reference_price(candidate.terms.side) or ZERO
    return not is_reducing(candidate.context.book, candidate.terms, price)
