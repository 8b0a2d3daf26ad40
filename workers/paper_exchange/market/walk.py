"""Where prices come from: a seeded random walk with changing drift, or the rows of a file."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from .crowd import Crowd, quotes_around
from .market import Market
from .matching import floor_to
from .replay import Tick
from .trades import Side

#: Standard deviation of one tick's move, as a fraction of the price.
_VOLATILITY = 0.00012
#: The strongest drift of one tick, and how many ticks a drift lasts.
_DRIFT = 0.00010
_REGIME_TICKS = (25, 90)
#: The pull back to where the path began, so that a week of it stays plausible.
_PULL = 0.0005
#: Public trades of one tick, at most.
_PRINTS = 3

#: Plain numbers and texts, for the ledger.
State = dict[str, float]


class Path(Protocol):
    """Moves one market, a step at a time."""

    def step(self, market: Market, crowd: Crowd, dice: random.Random) -> None: ...
    def moved_to(self, price: float) -> None: ...
    def state(self) -> State: ...
    def resume(self, state: State) -> None: ...


class Walk:
    """A random walk; the dice of each step are handed to it."""

    def __init__(self, level: float) -> None:
        self._level = self._anchor = level
        self._drift = 0.0
        self._ticks_left = 0

    def next_price(self, tick_size: Decimal, dice: random.Random) -> Decimal:
        """Move by one tick of time; return the price on the grid."""
        if self._ticks_left <= 0:
            self._ticks_left = dice.randint(*_REGIME_TICKS)
            self._drift = dice.choice((-1, 1)) * dice.uniform(0.3, 1) * _DRIFT
        self._ticks_left -= 1
        pull = (self._anchor / self._level - 1) * _PULL
        self._level *= 1 + self._drift + pull + dice.gauss(0, _VOLATILITY)
        return max(tick_size, floor_to(Decimal(self._level), tick_size))

    def step(self, market: Market, crowd: Crowd, dice: random.Random) -> None:
        """Quote around the next price, then trade a little at the touch.

        Users' orders that the new quotes cross trade with as much as the crowd quotes there, so
        a large one fills over several steps.
        """
        price = self.next_price(market.rules.tick_size, dice)
        crowd.quote(market, *quotes_around(market, price, dice))
        for _ in range(dice.randint(1, _PRINTS)):
            side: Side = dice.choice(("BUY", "SELL"))
            crowd.take(market, side, _print_size(market, dice))

    def moved_to(self, price: float) -> None:
        """Go on from a price that somebody else has set."""
        self._level = self._anchor = price

    def state(self) -> State:
        return {
            "level": self._level,
            "anchor": self._anchor,
            "drift": self._drift,
            "ticks_left": self._ticks_left,
        }

    def resume(self, state: State) -> None:
        self._level, self._anchor = state["level"], state["anchor"]
        self._drift, self._ticks_left = state["drift"], int(state["ticks_left"])


class Replay:
    """The rows of a file, one a step; the market stands still after the last."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._ticks = ticks
        self._next = 0

    def step(self, market: Market, crowd: Crowd, dice: random.Random) -> None:
        """Move to the next row's price and print what traded there."""
        if self._next >= len(self._ticks):
            return
        tick = self._ticks[self._next]
        self._next += 1
        rules = market.rules
        price = max(rules.tick_size, floor_to(tick.price, rules.tick_size))
        quantity = max(rules.step_size, floor_to(tick.quantity, rules.step_size))
        crowd.move(market, price, dice, quantity)

    def moved_to(self, price: float) -> None:
        """Do nothing: the next row decides."""

    def state(self) -> State:
        return {"next": self._next}

    def resume(self, state: State) -> None:
        self._next = int(state.get("next", 0))


def _print_size(market: Market, dice: random.Random) -> Decimal:
    """Return the size of a public trade, in base: up to some hundred smallest orders."""
    rules = market.rules
    size = rules.min_notional * Decimal(dice.uniform(10, 300)) / market.tape.last_price
    return max(floor_to(size, rules.step_size), rules.step_size)
