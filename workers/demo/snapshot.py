"""One look at everything, and what was seen over time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import market_of, settle_asset
from engine.domain.events import Event
from engine.domain.fill import Fill
from engine.domain.order import Order
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import Position
from engine.portfolio.valuation import mark_position, value_assets

#: Fewer than these show a visitor nothing.
FEWEST_ORDERS = 3

Prices = Mapping[str, Decimal]  # Quote per base, by symbol


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What a watcher sees at one moment."""

    elapsed_s: float
    seconds: int  # How long trading lasts
    orders: tuple[Order, ...]  # Newest first
    fills: tuple[Fill, ...]  # Oldest first
    positions: tuple[PositionRow, ...]
    equity: Decimal | None
    start_equity: Decimal
    quote: str
    events: tuple[Event, ...]  # Oldest first
    note: str = ""  # What happens now, in words

    @property
    def gain(self) -> Decimal | None:
        """Quote currency, fees included; None while no equity is known."""
        return None if self.equity is None else self.equity - self.start_equity


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Equity and prices at one time of the exchange."""

    at_ms: int
    equity: Decimal  # Quote currency
    prices: Prices


def value_now(
    portfolio: Portfolio | None, positions: Iterable[Position], prices: Prices
) -> Decimal | None:
    """Return the balances of the last portfolio at the prices of now, or None without all.

    Contracts are no balance: they count with their unrealized profit.
    """
    contracts = [one for one in positions if settle_asset(one.symbol) and one.net_quantity]
    if portfolio is None or any(market_of(one.symbol) not in prices for one in contracts):
        return None
    held = {name: one.total for name, one in portfolio.balances.items() if one.total}
    values, unpriced = value_assets(held, portfolio.quote, prices)
    if unpriced:
        return None
    with localcontext(EXACT):
        open_pnl = (one.unrealized_pnl(prices[market_of(one.symbol)]) for one in contracts)
        return sum((*values.values(), *open_pnl), ZERO)


def mark_positions(positions: Iterable[Position], prices: Prices) -> tuple[PositionRow, ...]:
    """Return the positions of markets at the prices of now, by symbol."""
    traded = sorted((one for one in positions if one.quote), key=lambda one: one.symbol)
    return tuple(mark_position(one, prices.get(one.symbol)) for one in traded)


def is_worth_showing(orders: Sequence[Order]) -> bool:
    """Tell whether there is enough to compare: some orders, one of them filled in parts."""
    return len(orders) >= FEWEST_ORDERS and filled_in_parts(orders) > 0


def filled_in_parts(orders: Iterable[Order]) -> int:
    """Return how many orders took more than one trade."""
    return sum(len(order.fills) > 1 for order in orders)
