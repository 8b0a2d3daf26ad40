"""An order book with price-time priority, for users' orders and the crowd's quotes alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from .trades import OrderKey, Side


@dataclass(slots=True)
class Resting:
    """What stands in the book: a user's order (with its key) or a quote of the crowd."""

    side: Side
    price: Decimal
    remaining: Decimal
    order_key: OrderKey | None = None


class BookSide:
    """The resting orders of one side, best price first, oldest first within a price."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._levels: SortedDict = SortedDict()  # sort price -> {id: Resting}
        self._sign = -1 if side == "BUY" else 1

    def add(self, resting: Resting) -> None:
        key = resting.price * self._sign
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = {}
        level[resting.order_key or id(resting)] = resting

    def remove(self, resting: Resting) -> None:
        key = resting.price * self._sign
        level = self._levels[key]
        del level[resting.order_key or id(resting)]
        if not level:
            del self._levels[key]

    def find(self, price: Decimal, order_key: OrderKey) -> Resting | None:
        level = self._levels.get(price * self._sign)
        return None if level is None else level.get(order_key)

    def best(self) -> Decimal | None:
        """Return the best price, None when the side is empty."""
        return self._levels.peekitem(0)[0] * self._sign if self._levels else None

    def __iter__(self) -> Iterator[Resting]:
        for level in self._levels.values():
            yield from level.values()

    def up_to(self, limit: Decimal | None) -> Iterator[Resting]:
        """Return what an incoming order with `limit` meets; all of it without a limit."""
        for key, level in self._levels.items():
            if limit is not None and key > limit * self._sign:
                return
            yield from level.values()

    def levels(self, count: int) -> list[tuple[Decimal, Decimal]]:
        """Return the best `count` prices with the total quantity of each."""
        return [
            (key * self._sign, sum((r.remaining for r in level.values()), Decimal(0)))
            for key, level in self._levels.items()[:count]
        ]

    def clear_quotes(self) -> None:
        """Take the crowd's quotes out; users' orders keep their place."""
        for resting in [r for r in self if r.order_key is None]:
            self.remove(resting)


class Book:
    """Both sides of one market."""

    def __init__(self) -> None:
        self.bids = BookSide("BUY")
        self.asks = BookSide("SELL")

    def own_side(self, side: Side) -> BookSide:
        """Return where an order of `side` would rest."""
        return self.bids if side == "BUY" else self.asks

    def other_side(self, side: Side) -> BookSide:
        """Return what an order of `side` would take from."""
        return self.asks if side == "BUY" else self.bids
