"""The signal behind an order: which order it means, and whether it still counts."""

from __future__ import annotations

from engine.domain.decimals import plain
from engine.domain.derivative import PositionSide, settle_asset
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType
from engine.domain.position import PositionState
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied
from engine.domain.signal import Signal, SignalType
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate

#: Keeps the keys of signals apart from the ones that callers give their orders.
KEY_PREFIX = "signal:"


def build_intent(
    signal: Signal, account: str, held: PositionState = PositionState.LONG
) -> OrderIntent:
    """Return the market order that a signal asks for; its quantity is left to sizing.

    The signal's symbol must be resolved, its key and, in hedge mode, its position side set.
    `held` matters to CLOSE alone: a short position is closed by buying, and where there are two
    positions their side says it. On spot nothing is ever held short.
    """
    closes_short = {
        PositionSide.BOTH: held is PositionState.SHORT,
        PositionSide.LONG: False,
        PositionSide.SHORT: True,
    }[signal.position_side]
    buys = signal.signal_type is SignalType.LONG or (
        signal.signal_type is SignalType.CLOSE and closes_short
    )
    opens = may_open(signal)
    return OrderIntent(
        account=account,
        symbol=signal.symbol,
        side=Side.BUY if buys else Side.SELL,
        order_type=OrderType.MARKET,
        # A contract that is closed must not be opened the other way by a race
        reduce_only=signal.signal_type is SignalType.CLOSE
        and settle_asset(signal.symbol) is not None,
        position_side=signal.position_side,
        stop_loss=signal.stop_price if opens else None,
        take_profit=signal.target_price if opens else None,
        stop_trigger_by=signal.stop_trigger_by if opens else None,
        key=KEY_PREFIX + signal.key,
        signal_key=signal.key,
        strategy=signal.strategy,
    )


def may_open(signal: Signal) -> bool:
    """Tell whether the order of a signal may open a position; a REVERSE has two, see there."""
    is_contract = settle_asset(signal.symbol) is not None
    return signal.signal_type is SignalType.LONG or (
        signal.signal_type is SignalType.SHORT and is_contract
    )


def check_signal(candidate: Candidate) -> Denied | None:
    """Deny an order whose signal is unknown, another's, or out of date."""
    if not candidate.intent.signal_key:
        return None
    signal, now_ms = candidate.context.signal, candidate.context.now_ms
    if signal is None or signal.key != candidate.intent.signal_key:
        return deny(
            DenialCode.UNKNOWN_SIGNAL,
            f"signal is {candidate.intent.signal_key}, which is not known; send it again.",
            signal=candidate.intent.signal_key,
        )
    if signal.symbol != candidate.intent.symbol:
        return deny(
            DenialCode.UNKNOWN_SIGNAL,
            f"signal is for {signal.symbol}; the order must be for the same symbol,"
            f" not {candidate.intent.symbol}.",
            signal=signal.key,
        )
    if signal.valid_until_ms and now_ms > signal.valid_until_ms:
        return deny(
            DenialCode.STALE_SIGNAL,
            f"signal is {now_ms - signal.valid_until_ms} ms too old;"
            " it must be acted on while it is valid.",
            valid_until_ms=signal.valid_until_ms,
            now_ms=now_ms,
        )
    return None


def check_stop(candidate: Candidate) -> Denied | None:
    """Deny a signal to enter without a stop where one is required, or with an impossible one."""
    signal = candidate.context.signal
    if not candidate.needs_size or signal is None or not is_entry(candidate):
        return None
    if signal.stop_price is None:
        if not candidate.context.settings.require_stop:
            return None
        return deny(
            DenialCode.NO_STOP,
            "stop_price is missing; the settings require one for every signal that enters.",
        )
    price = candidate.context.reference_price(candidate.intent.side)
    if price is None:
        return None
    is_long = candidate.intent.side is Side.BUY
    if signal.stop_price < price if is_long else signal.stop_price > price:
        return None
    return deny(
        DenialCode.STOP_ON_WRONG_SIDE,
        f"stop_price is {plain(signal.stop_price)}; it must be"
        f" {'below' if is_long else 'above'} the current price {plain(price)}.",
        stop_price=signal.stop_price,
        price=price,
    )


def is_entry(candidate: Candidate) -> bool:
    """Tell whether the order of a signal means to open a position; on spot only LONG does."""
    signal = candidate.context.signal
    if signal is None or signal.signal_type is SignalType.CLOSE:
        return False
    spot = candidate.context.instrument.market_type == "spot"
    return signal.signal_type is SignalType.LONG or not spot
