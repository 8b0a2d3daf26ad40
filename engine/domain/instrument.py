"""The rules of one market: what may be ordered, in which steps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, is_multiple, round_down


@dataclass(frozen=True, kw_only=True)
class Instrument:
    symbol: str  # "BTC/USDT"
    exchange_symbol: str  # "BTCUSDT", the venue's own word
    base: str
    quote: str
    market_type: str = "spot"
    is_trading: bool = True
    quantity_step: Decimal  # Base currency
    min_quantity: Decimal
    max_quantity: Decimal | None = None
    market_quantity_step: Decimal | None = None  # Where market orders have their own rule
    market_min_quantity: Decimal | None = None
    market_max_quantity: Decimal | None = None
    price_tick: Decimal  # Quote per base
    min_price: Decimal = ZERO
    max_price: Decimal | None = None
    min_notional: Decimal = ZERO  # Quote currency
    quote_step: Decimal = Decimal("0.00000001")  # Quote currency, of an order by quote amount
    contract_size: Decimal = Decimal(1)
    max_conditional_orders: int | None = None  # That may stand in it, waiting for their trigger

    def step_for(self, is_market: bool) -> Decimal:
        """Return the quantity step; a market order obeys both rules, the coarser one wins."""
        own = self.market_quantity_step if is_market else None
        return max(own, self.quantity_step) if own else self.quantity_step

    def minimum_for(self, is_market: bool) -> Decimal:
        own = self.market_min_quantity if is_market else None
        return max(own, self.min_quantity) if own else self.min_quantity

    def maximum_for(self, is_market: bool) -> Decimal | None:
        limits = [self.max_quantity, self.market_max_quantity if is_market else None]
        return min((limit for limit in limits if limit), default=None)

    def round_quantity(self, quantity: Decimal, is_market: bool = False) -> Decimal:
        """Round down to what can be ordered: never more than was meant."""
        return round_down(quantity, self.step_for(is_market))

    def is_on_tick(self, price: Decimal) -> bool:
        with localcontext(EXACT):
            return is_multiple(price - self.min_price, self.price_tick)

    def nearest_prices(self, price: Decimal) -> tuple[Decimal, Decimal]:
        """Return the valid prices just below and just above an off-tick one, inside the limits."""
        capped = price if self.max_price is None else min(price, self.max_price)
        below = self.min_price + round_down(max(capped - self.min_price, ZERO), self.price_tick)
        above = below + self.price_tick
        return below, above if self.max_price is None else min(above, self.max_price)

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return the absolute value in quote currency."""
        with localcontext(EXACT):
            return abs(quantity) * price * self.contract_size

    @property
    def has_smallest_exit(self) -> bool:
        """Tell whether the least notional also holds for what closes: a contract always closes."""
        return self.market_type == "spot"

    def is_dust(self, quantity: Decimal, price: Decimal | None = None) -> bool:
        """Tell whether `quantity` (base) is too small to be sold at market.

        Without a `price` (quote per base) the minimum notional is not asked.
        """
        sellable = self.round_quantity(abs(quantity), is_market=True)
        if sellable == 0 or sellable < self.minimum_for(is_market=True):
            return True
        if price is None or not self.has_smallest_exit:
            return False
        return self.notional(sellable, price) < self.min_notional


@dataclass(frozen=True)
class InstrumentList:
    """Every market of a venue, as it listed them at one moment."""

    items: tuple[Instrument, ...]
