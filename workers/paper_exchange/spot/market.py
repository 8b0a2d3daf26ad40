"""One market: its rules, its book, its tape and the orders that wait for a price."""

from __future__ import annotations

from decimal import Decimal

from .book import Book, Resting
from .orders import Order, OrderKey
from .symbols import SymbolRules
from .tape import Tape


class Market:
    """The state of one symbol that can be rebuilt from the ledger and the market's position."""

    def __init__(self, rules: SymbolRules, tape: Tape) -> None:
        self.rules = rules
        self.tape = tape
        self.book = Book()
        self.status = "TRADING"
        self.waiting: dict[OrderKey, None] = {}  # Conditional orders, in order of arrival
        self.update_id = 1  # Grows with every change of the book

    def rest(self, order: Order) -> None:
        """Put the rest of `order` at the end of the queue of its price."""
        side = self.book.own_side(order.side)
        side.add(Resting(order.side, order.price, order.remaining_quantity, order.key))
        self.update_id += 1

    def withdraw(self, order: Order) -> None:
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


def wakes(order_type: str, side: str, trigger_price: Decimal, last_price: Decimal) -> bool:
    """Return whether `last_price` wakes a conditional order.

    A stop wakes when the price moves against its side (up for a buy), a take-profit the other way.
    """
    rises = order_type.startswith("STOP_LOSS") == (side == "BUY")
    return last_price >= trigger_price if rises else last_price <= trigger_price
