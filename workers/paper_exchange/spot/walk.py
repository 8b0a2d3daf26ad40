"""The synthetic price path: a seeded random walk whose drift changes its mind now and then."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from .crowd import Crowd, quotes_around
from .market import Market
from .matching import floor_to
from .orders import Side

#: Standard deviation of one tick's move, as a fraction of the price.
_VOLATILITY = 0.00012
#: The strongest drift of one tick, and how many ticks a drift lasts.
_DRIFT = 0.00010
_REGIME_TICKS = (25, 90)
#: Public trades of one tick, at most.
_PRINTS = 3


@dataclass(slots=True)
class Walk:
    """Where the path of one market stands; together with its random state, all that it needs."""

    level: float  # The price before it is rounded to a tick
    anchor: float  # Where the path began; it is pulled back there, so that a week stays plausible
    drift: float = 0.0
    regime_ticks_left: int = 0

    def next_price(self, rng: random.Random, tick: Decimal) -> Decimal:
        """Move one tick of time; return the price on the grid."""
        if self.regime_ticks_left <= 0:
            self.regime_ticks_left = rng.randint(*_REGIME_TICKS)
            self.drift = rng.choice((-1, 1)) * rng.uniform(0.3, 1) * _DRIFT
        self.regime_ticks_left -= 1
        pull = (self.anchor / self.level - 1) * 0.0005
        self.level *= 1 + self.drift + pull + rng.gauss(0, _VOLATILITY)
        return max(tick, floor_to(Decimal(self.level), tick))


def step(market: Market, crowd: Crowd, price: Decimal, rng: random.Random) -> None:
    """Quote around `price`, then trade a little at the touch, users' orders included."""
    crowd.quote(market, *quotes_around(market, price, rng))
    for _ in range(rng.randint(1, _PRINTS)):
        side: Side = rng.choice(("BUY", "SELL"))
        crowd.take(market, side, _print_size(market, rng))


def _print_size(market: Market, rng: random.Random) -> Decimal:
    """Return the size of a public trade: some hundreds of dollars, in base."""
    rules = market.rules
    size = Decimal(rng.uniform(50, 1500)) / rules.start_price
    return max(floor_to(size, rules.step_size), rules.step_size)
