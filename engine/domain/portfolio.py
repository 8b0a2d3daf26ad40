"""Balances and positions of one account at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.equity import Performance
from engine.domain.report import Balance


@dataclass(frozen=True, kw_only=True)
class PositionRow:
    """A position as the portfolio saw it."""

    symbol: str
    net_quantity: Decimal
    entry_price: Decimal | None
    mark_price: Decimal | None
    realized_pnl: Decimal  # Quote currency, fees deducted
    unrealized_pnl: Decimal | None
    liquidation_price: Decimal | None = None  # Of a contract, where the exchange states one


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    account: str
    quote: str = "USDT"
    balances: Mapping[str, Balance] = field(default_factory=dict)
    positions: tuple[PositionRow, ...] = ()
    equity: Decimal | None = None  # Quote currency; None until every asset has a price
    unpriced_assets: tuple[str, ...] = ()
    #: Ledger rows of each symbol that this portfolio includes.
    cursors: Mapping[str, int] = field(default_factory=dict)
    performance: Performance | None = None  # None until the equity was known once
    balances_at_ms: int = 0  # Exchange time
    updated_at_ms: int = 0
