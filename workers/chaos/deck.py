"""Draw at random, and everything once before anything twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Generic, TypeVar

Card = TypeVar("Card")


class Deck(Generic[Card]):
    """Cards in an order that the dice decide; mixed anew when all were drawn.

    So that a short run meets as many kinds as it can, and a long one meets each equally often.
    """

    def __init__(self, cards: Sequence[Card], dice: random.Random) -> None:
        assert cards, "a deck has cards"
        self._cards = tuple(cards)
        self._dice = dice
        self._left: list[Card] = []

    def draw(self) -> Card:
        """Return the next card."""
        if not self._left:
            self._left = list(self._cards)
            self._dice.shuffle(self._left)
        return self._left.pop()
