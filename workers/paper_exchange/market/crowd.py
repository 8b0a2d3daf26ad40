"""Everybody else on the market: the quotes in the book and the moves of the price."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from .book import BookSide, Resting
from .floor import Floor
from .market import Market
from .matching import floor_to
from .trades import Side

Level = tuple[Decimal, Decimal]  # price, quantity

#: Prices quoted on each side.
DEPTH = 40
#: What a level next to the price holds on average, in smallest orders.
_LEVEL_ORDERS = 600


def quotes_around(
    market: Market, price: Decimal, rng: random.Random
) -> tuple[list[Level], list[Level]]:
    """Return bids and asks one tick away from `price` and outward, thicker with distance."""
    rules = market.rules
    gap = max(floor_to(price / 20_000, rules.tick_size), rules.tick_size)
    typical = rules.min_notional * _LEVEL_ORDERS / price
    bids: list[Level] = []
    asks: list[Level] = []
    for index in range(DEPTH):
        distance = rules.tick_size + gap * index
        for levels, level_price in ((bids, price - distance), (asks, price + distance)):
            size = typical * Decimal(rng.uniform(0.5, 1.5) * (1 + index / 8))
            quantity = max(floor_to(size, rules.step_size), rules.step_size)
            if level_price > 0:
                levels.append((level_price, quantity))
    return bids, asks


class Crowd:
    """Quotes, takes and moves prices on one exchange."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def quote(self, market: Market, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Replace the crowd's quotes; new ones that cross users' orders trade with them first."""
        market.book.bids.clear_quotes()
        market.book.asks.clear_quotes()
        sides: tuple[tuple[Side, Sequence[Level]], ...] = (("BUY", bids), ("SELL", asks))
        for side, levels in sides:
            for price, quantity in levels:
                self._quote_level(market, side, price, quantity)
        market.update_id += 1
        self._floor.wake(market)

    def requote(self, market: Market, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Quote after a restart: leave out what would trade, since a restart trades nothing."""
        best_bid, best_ask = market.book.bids.best(), market.book.asks.best()
        kept_bids = [level for level in bids if best_ask is None or level[0] < best_ask]
        kept_asks = [level for level in asks if best_bid is None or level[0] > best_bid]
        sides: tuple[tuple[Side, Sequence[Level]], ...] = (("BUY", kept_bids), ("SELL", kept_asks))
        for side, levels in sides:
            for price, quantity in levels:
                self._quote_level(market, side, price, quantity)

    def _quote_level(self, market: Market, side: Side, price: Decimal, quantity: Decimal) -> None:
        taken = self._floor.crowd_takes(market, side, quantity, price)
        if quantity > taken:
            market.book.own_side(side).add(Resting(side, price, quantity - taken))

    def move(
        self, market: Market, price: Decimal, rng: random.Random, quantity: Decimal | None = None
    ) -> None:
        """Set the price: orders that it goes through fill whole, those it only meets do not.

        `quantity` (base) is printed at the price; a step by default.
        """
        market.book.bids.clear_quotes()
        market.book.asks.clear_quotes()
        tick = market.rules.tick_size
        self._sweep(market, market.book.bids, "SELL", price + tick)
        self._sweep(market, market.book.asks, "BUY", price - tick)
        side: Side = "BUY" if price >= market.tape.last_price else "SELL"
        self._floor.report(market, price, quantity or market.rules.step_size, side)
        self.quote(market, *quotes_around(market, price, rng))

    def _sweep(self, market: Market, side: BookSide, taker: Side, limit: Decimal) -> None:
        while (resting := next(side.up_to(limit), None)) is not None:
            self._floor.crowd_trade(market, resting, resting.remaining, taker)

    def fill(self, market: Market, resting: Resting, quantity: Decimal) -> None:
        """Trade `quantity` with one resting order, whoever stands before it."""
        taker: Side = "SELL" if resting.side == "BUY" else "BUY"
        self._floor.crowd_trade(market, resting, quantity, taker)
        self._floor.wake(market)

    def take(self, market: Market, side: Side, quantity: Decimal) -> None:
        """Buy or sell `quantity` at the best prices, users' orders included, in their turn."""
        self._floor.crowd_takes(market, side, quantity, None)
        self._floor.wake(market)
