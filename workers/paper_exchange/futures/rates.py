"""A settled funding rate, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class FundingRate:
    """The rate (a fraction) at which a contract was funded, and the mark price of that moment."""

    symbol: str
    rate: Decimal
    mark_price: Decimal
    at_ms: int
