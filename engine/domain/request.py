"""What a caller asks for, before sizing, steps and ticks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order import OrderType, TimeInForce


@dataclass(frozen=True, kw_only=True)
class OrderIntent:
    """A checked wish for one order; numbers are Decimals, the symbol is resolved."""

    account: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    leverage: int | None = None
    position_side: PositionSide = PositionSide.BOTH
    key: str = ""
    #: Set where a signal asked: the order must open or close this position.
    signal_key: str = ""
    strategy: str = ""  # Of the signal

    @property
    def digest(self) -> str:
        """A fingerprint of the wish, taken before sizing: the same key must bring the same."""
        unsaid = {"key", "signal_key", "strategy"}
        if self.position_side is PositionSide.BOTH:
            unsaid.add("position_side")  # As before there were sides: old keys keep their digest
        words = {
            name: plain(value) if isinstance(value, Decimal) else value
            for name, value in vars(self).items()
            if name not in unsaid
        }
        return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
