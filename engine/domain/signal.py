"""A wish: be long, be short, be flat, or change sides in a symbol."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.domain.derivative import PositionSide
from engine.domain.order_terms import TriggerBy


class SignalType(StrEnum):
    LONG = "long"
    SHORT = "short"
    CLOSE = "close"
    REVERSE = "reverse"  #: Close, then open the other side; on spot a long is closed


@dataclass(frozen=True, kw_only=True)
class Signal:
    symbol: str
    signal_type: SignalType
    account: str = ""  # Empty: the only account
    key: str = ""  # The caller's id; empty: a fresh one is made
    strategy: str = ""  # Whose idea it was; its orders and fills are told apart by it
    stop_price: Decimal | None = None  # Sizing by risk needs it; a stop order waits there
    target_price: Decimal | None = None  # Where the position is closed at a profit
    #: The price of a contract that the stop watches; None: as configured. No part of a signal's
    #: words: keys of before keep theirs.
    stop_trigger_by: TriggerBy | None = field(default=None, repr=False)
    #: In hedge mode, which of the two positions is meant; "both" leaves it to the signal's type
    #: and to what is held. No part of a signal's words: it is settled by what is held when the
    #: signal is acted on, and whoever acts on it again must find the order of the first.
    position_side: PositionSide = field(default=PositionSide.BOTH, repr=False)
    #: Quote currency that all positions may use after it; None: as configured. Off paper it
    #: lowers the configured budget and never raises it.
    budget: Decimal | None = None
    created_at_ms: int = 0
    valid_until_ms: int = 0


class SignalStatus(StrEnum):
    RECEIVED = "received"
    ORDERED = "ordered"
    DENIED = "denied"


@dataclass(frozen=True, kw_only=True)
class SignalRecord:
    """A signal and what became of it."""

    signal: Signal
    status: SignalStatus = SignalStatus.RECEIVED
    client_order_id: str | None = None
    closing_order_id: str | None = None  # The first order of a REVERSE
    code: str = ""  # Of the denial
    message: str = ""
