"""What a caller asks for, before sizing, steps and ticks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.changing import Chase
from engine.domain.decimals import plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType, TimeInForce, TriggerBy

#: Fields that came later, and what says nothing in each.
_SILENT: Mapping[str, object] = {
    "position_side": PositionSide.BOTH,
    "close_position": False,
    "good_till_ms": None,
    "trigger_by": TriggerBy.LAST,
    "chase": None,
    "cancel_after_ms": None,
    "trailing_rate": None,
    "activation_price": None,
    "is_listed": False,
    "is_rival": False,
    "stop_loss": None,
    "take_profit": None,
    "stop_trigger_by": None,
    "pieces": 1,
}


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
    trailing_rate: Decimal | None = None  # Percent
    activation_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    close_position: bool = False
    good_till_ms: int | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    leverage: int | None = None
    stop_loss: Decimal | None = None  # Where what it fills is closed at a loss
    take_profit: Decimal | None = None  # Where it is closed at a profit
    stop_trigger_by: TriggerBy | None = None  # The price that stop_loss watches; None: configured
    position_side: PositionSide = PositionSide.BOTH
    key: str = ""
    #: Set where a signal asked: the order must open or close this position.
    signal_key: str = ""
    strategy: str = ""  # Of the signal
    pieces: int = 1  # Orders, from this one on, that share what a signal closes
    chase: Chase | None = None  # Keep it at the touch; the price is then the market's
    cancel_after_ms: int | None = None  # From the record on, by the store's clock
    cancel_at_ms: int | None = None  # The same as a time of the store
    replaces: str = ""  # The order in whose place it is recorded
    is_listed: bool = False  # With one other order: the exchange ends it when that one trades
    is_rival: bool = False  # The same, and we end it: exchanges have no lists of contracts
    protection: str = ""  # The plan that guards what the order before it filled

    @property
    def is_bracket(self) -> bool:
        """Tell whether orders are to guard what this one fills."""
        return self.stop_loss is not None or self.take_profit is not None

    @property
    def is_of_pair(self) -> bool:
        """Tell whether it is one of two orders of which one cancels the other."""
        return self.is_listed or self.is_rival

    @property
    def digest(self) -> str:
        """A fingerprint of the wish, taken before sizing: the same key must bring the same."""
        unsaid = {"key", "signal_key", "strategy", "cancel_at_ms", "replaces", "protection"}
        # What says nothing is left out, as before there were such fields: keys keep their digest
        unsaid |= {name for name, silent in _SILENT.items() if getattr(self, name) == silent}
        words = {name: value for name, value in vars(self).items() if name not in unsaid}
        text = json.dumps(words, sort_keys=True, default=_words_of)
        return hashlib.sha256(text.encode()).hexdigest()


def _words_of(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else vars(value)
