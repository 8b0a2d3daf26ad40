"""One market of any type: its rules, its book, its tape."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol, TypeVar

from workers.paper_exchange.errors import invalid_symbol

from .book import Book, Resting
from .rules import MarketRules
from .tape import Tape
from .trades import OrderKey, Side


class RestingOrder(Protocol):
    """What a book must know of a user's order."""

    @property
    def key(self) -> OrderKey: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def remaining_quantity(self) -> Decimal: ...


class Market:
    """The state of one symbol that can be rebuilt from the ledger and the market's position."""

    def __init__(self, rules: MarketRules, tape: Tape) -> None:
        self.rules = rules
        self.tape = tape
        self.book = Book()
        self.status = "TRADING"
        self.waiting: dict[OrderKey, None] = {}  # Conditional orders, in order of arrival
        self.update_id = 1  # Grows with every change of the book

    def rest(self, order: RestingOrder) -> None:
        """Put the rest of `order` at the end of the queue of its price."""
        side = self.book.own_side(order.side)
        side.add(Resting(order.side, order.price, order.remaining_quantity, order.key))
        self.update_id += 1

    def withdraw(self, order: RestingOrder) -> None:
        """Take `order` out of the book or out of the waiting room."""
        self.waiting.pop(order.key, None)
        side = self.book.own_side(order.side)
        resting = side.find(order.price, order.key)
        if resting is not None:
            side.remove(resting)
            self.update_id += 1

    def clear_orders(self) -> None:
        """Take every user's order out; the crowd's quotes stay."""
        self.waiting.clear()
        for side in (self.book.bids, self.book.asks):
            for resting in [r for r in side if r.order_key is not None]:
                side.remove(resting)
        self.update_id += 1


M = TypeVar("M", bound=Market)


def load_market(markets: Mapping[str, M], symbol: str) -> M:
    """Return the market of a symbol; -1121 when there is none."""
    market = markets.get(symbol)
    if market is None:
        raise invalid_symbol()
    return market
