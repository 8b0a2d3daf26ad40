"""The rules that a market of any type has; each type adds its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .prevention import DEFAULT

D = Decimal

_QUANTITY, _MARKET_QUANTITY = D(9000), D(500)
_NOTIONAL = D(5)
_UP, _DOWN = D(5), D("0.2")


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketRules:
    """What a market accepts; prices in quote per base, quantities in base."""

    base: str
    quote: str
    start_price: Decimal
    tick_size: Decimal
    step_size: Decimal
    max_quantity: Decimal = _QUANTITY
    market_max_quantity: Decimal = _MARKET_QUANTITY
    min_notional: Decimal = _NOTIONAL
    multiplier_up: Decimal = _UP
    multiplier_down: Decimal = _DOWN
    max_orders: int = 200
    self_trade_prevention: str = DEFAULT  # Of orders that do not say it

    @property
    def symbol(self) -> str:
        """The exchange's id, for example BTCUSDT."""
        return self.base + self.quote

    @property
    def max_price(self) -> Decimal:
        """PRICE_FILTER's upper end; a thousand times the start is far from any walk."""
        return (self.start_price * 1000 // self.tick_size) * self.tick_size
