"""Prices that were seen last, to value what is held with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What markets and assets are worth, as somebody saw it not long ago."""

    quote: str = "USDT"  # What everything is valued in
    prices: Mapping[str, Decimal] = field(default_factory=dict)  # By symbol, quote per base

    def rate(self, asset: str) -> Decimal | None:
        """Return what one unit of `asset` is worth; None when nobody saw a price."""
        return Decimal(1) if asset == self.quote else self.prices.get(f"{asset}/{self.quote}")
