"""What the books of every market type keep: orders, counters and texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar

from .order_index import IndexedOrder, OrderIndex

Counter = tuple[str, str]  # symbol, what is counted

O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


class Books(OrderIndex[O], ABC):
    """Numbers things and keeps texts; what changed, the market type hands to its storage."""

    accounts: Mapping[int, Any]

    def forget_all(self) -> None:
        """Begin with no order, no counter and no text."""
        self.forget_orders()
        self.counters: dict[Counter, int] = defaultdict(int)
        self.texts: dict[str, str] = {}

    @abstractmethod
    def note_counter(self, counter: Counter, number: int) -> None:
        """Remember that a counter has changed, for the next commit."""

    @abstractmethod
    def note_text(self, name: str, value: str) -> None:
        """Remember that a text has changed, for the next commit."""

    def next_id(self, symbol: str, what: str) -> int:
        """Return the next number of a series; ids start at 1 and are counted per symbol."""
        number = self.counters[symbol, what] + 1
        self._count_to((symbol, what), number)
        return number

    def skip_to(self, symbol: str, what: str, number: int) -> None:
        """Let the next number of a series be `number`; ValueError when it was given already."""
        last = self.counters[symbol, what]
        if number <= last:
            raise ValueError(f"number {number} is not above the last {what} id {last}")
        self._count_to((symbol, what), number - 1)

    def _count_to(self, counter: Counter, number: int) -> None:
        self.counters[counter] = number
        self.note_counter(counter, number)

    def set_text(self, name: str, value: str) -> None:
        """Keep a text, for example where a market stands."""
        self.texts[name] = value
        self.note_text(name, value)
