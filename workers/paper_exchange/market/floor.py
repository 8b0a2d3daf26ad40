"""The trading floor: takes from the books, prints what trades, and hands each side its fill."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from workers.paper_exchange.clock import Clock

from .book import Resting
from .market import Market
from .trades import Fill, OrderKey, Print, Side

#: What is sold to public streams: symbol, print.
PrintListener = Callable[[str, Print], None]


class Counts(Protocol):
    """The part of a ledger that numbers things and keeps texts."""

    texts: dict[str, str]

    def next_id(self, symbol: str, what: str) -> int: ...
    def set_text(self, name: str, value: str) -> None: ...


class Floor(ABC):
    """Every trade of every market of one type is made here; what it moves, the type decides."""

    def __init__(self, counts: Counts, clock: Clock) -> None:
        self.clock = clock
        self.print_listeners: list[PrintListener] = []
        self._counts = counts

    @abstractmethod
    def fill_maker(self, order_key: OrderKey, fill: Fill) -> None:
        """Book `fill` for the resting order of a user."""

    @abstractmethod
    def wake(self, market: Market) -> None:
        """Let act what waits for the market's price."""

    def crowd_trade(
        self, market: Market, resting: Resting, quantity: Decimal, taker_side: Side
    ) -> None:
        """Let the crowd take from a resting order or quote."""
        fill = self.report(market, resting.price, quantity, taker_side)
        self.fill_resting(market, resting, fill)

    def crowd_takes(
        self, market: Market, side: Side, quantity: Decimal, limit: Decimal | None
    ) -> Decimal:
        """Let the crowd buy or sell up to `quantity` from the book; return what it got."""
        wanted = quantity
        # One at a time: a fill may end other orders of the book
        while wanted > 0:
            resting = next(market.book.other_side(side).up_to(limit), None)
            if resting is None:
                break
            taken = min(wanted, resting.remaining)
            self.crowd_trade(market, resting, taken, side)
            wanted -= taken
        return quantity - wanted

    def report(self, market: Market, price: Decimal, quantity: Decimal, taker_side: Side) -> Fill:
        """Print a trade for everybody; return it as its taker's fill."""
        symbol, now_ms = market.rules.symbol, self.clock()
        trade_id = self._counts.next_id(symbol, "trade")
        market.update_id += 1
        public = Print(
            trade_id=trade_id,
            price=price,
            quantity=quantity,
            executed_at_ms=now_ms,
            buyer_is_maker=taker_side == "SELL",
        )
        market.tape.add(public)
        self._counts.set_text(f"price/{symbol}", str(price))
        for listener in self.print_listeners:
            listener(symbol, public)
        return Fill(
            trade_id=trade_id, price=price, quantity=quantity, is_maker=False, executed_at_ms=now_ms
        )

    def fill_resting(self, market: Market, resting: Resting, fill: Fill) -> None:
        """Take a fill from what rests in the book, and book it for its owner, if it has one."""
        side = market.book.own_side(resting.side)
        resting.remaining -= fill.quantity
        if not resting.remaining:
            side.remove(resting)
        if resting.order_key is not None:
            self.fill_maker(resting.order_key, replace(fill, is_maker=True))
