"""The matching of the futures market: what orders take, and what it does to positions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

from workers.paper_exchange.clock import Clock
from workers.paper_exchange.market.book import Resting
from workers.paper_exchange.market.floor import Floor
from workers.paper_exchange.market.market import Market as AnyMarket
from workers.paper_exchange.market.prevention import Prevention
from workers.paper_exchange.market.trades import Fill, OrderKey

from . import expiry
from .events import Ending, ExecutionType, LiteEvent, OrderEvent, UserEvent
from .ledger import Ledger
from .market import Market
from .orders import ZERO, Order, Trade
from .positions import UNIT, Position
from .settlement import book_trade
from .telling import account_event


class Matcher(Floor):
    """Takes from the books, settles both sides, and keeps reduce-only orders honest."""

    def __init__(self, ledger: Ledger, markets: dict[str, Market], clock: Clock) -> None:
        super().__init__(ledger, clock)
        self.ledger = ledger
        self.markets = markets
        self.events: list[UserEvent] = []
        #: Called when a market's price may have moved: conditional orders, liquidation.
        self.price_listeners: list[Callable[[Market], None]] = []
        self.end_listeners: list[Callable[[Order], None]] = []  # Called when an order is over
        self._is_waking = False
        self._entering: OrderKey | None = None  # Takes now; it is not to rest yet

    # What an order goes through

    def enter(self, order: Order) -> Order:
        """Let `order` take what it can; rest or end what is left of it."""
        market = self.markets[order.symbol]
        self._entering = order.key
        order = self._take(order, market)
        self._entering = None
        return self._finish(order, market)

    def _take(self, order: Order, market: Market) -> Order:
        limit = order.price or market.worst_price(order.side)
        prevention = Prevention(order.self_trade_prevention, self.ledger.owned_by(order.uid))
        other_side = market.book.other_side(order.side)
        # One at a time: every fill may end other orders of the book
        while order.is_open and (room := self.room(order)) > 0:
            resting = next(other_side.up_to(limit), None)
            if resting is None:
                break
            if prevention.meets(resting):
                order = self._prevent(prevention, order)
                continue
            order = self.trade(market, resting, min(room, resting.remaining), order)
        return order

    def _prevent(self, prevention: Prevention, taker: Order) -> Order:
        """End what would have traded with itself; return the incoming order's state."""
        for resting in prevention.expiring:
            assert resting.order_key is not None
            self.end(self.ledger.order(resting.order_key), status="EXPIRED_IN_MATCH")
        prevention.expiring.clear()
        return self.end(taker, status="EXPIRED_IN_MATCH") if prevention.ends_taker else taker

    def _finish(self, order: Order, market: Market) -> Order:
        if not order.is_open:
            return order
        if order.reduces and not self.closable(order):
            return self.end(order, expiry.KNOCKED_OUT)
        if not order.price:
            return self.end(order, expiry.MARKET_REST)
        if order.time_in_force in {"IOC", "FOK"}:
            return self.end(order, expiry.IOC_REST)
        market.rest(order)
        self.ledger.put_order(order)
        if order.reduces:
            self._trim(order)
        return order

    def end(self, order: Order, reason: int = 0, *, status: Ending = "EXPIRED") -> Order:
        """Expire an order, in the book or not."""
        self.markets[order.symbol].withdraw(order)
        order = order.changed(status=status, updated_at_ms=self.clock(), expiry_reason=reason)
        self.ledger.put_order(order)
        self.tell(order, "EXPIRED")
        return order

    # Reducing

    def closable(self, order: Order) -> Decimal:
        """Return how much of the position an order of its side would close."""
        held = self.ledger.position(order.uid, order.symbol, order.position_side).quantity
        return max(ZERO, held if order.side == "SELL" else -held)

    def room(self, order: Order) -> Decimal:
        """Return how much of the order may trade now."""
        rest = order.remaining_quantity
        return min(rest, self.closable(order)) if order.reduces else rest

    def _trim(self, order: Order) -> None:
        """Let a reducing order stand in the book with what it may close, or end it."""
        market = self.markets[order.symbol]
        room = self.room(order)
        if not room:
            self.end(order, expiry.KNOCKED_OUT)
            return
        side = market.book.own_side(order.side)
        resting = side.find(order.price, order.key)
        if resting is None:
            side.add(Resting(order.side, order.price, room, order.key))
        else:
            resting.remaining = room

    def trim_reducing(self, position: Position) -> None:
        """Fit every open reducing order to a position that has changed."""
        for order in self.ledger.open_of(position.uid, position.symbol):
            is_taking = order.key == self._entering
            if order.reduces and order.position_side == position.side and not is_taking:
                self._trim(order)

    # Trades

    def trade(self, market: Market, resting: Resting, quantity: Decimal, taker: Order) -> Order:
        """Match `taker` with a resting order or quote; return the taker's new state."""
        fill = self.report(market, resting.price, quantity, taker.side)
        taker = self.settle(taker, fill)
        self.fill_resting(market, resting, fill)
        return taker

    def fill_maker(self, order_key: OrderKey, fill: Fill) -> None:
        self.settle(self.ledger.order(order_key), fill)

    def settle(self, order: Order, fill: Fill, *, told_as: ExecutionType = "TRADE") -> Order:
        """Book `fill` for its order: position, wallet, trade, and the order's new state.

        What the exchange itself closes (CALCULATED) costs no trading fee.
        """
        market = self.markets[order.symbol]
        fee = ZERO if told_as == "CALCULATED" else self._fee(order, fill)
        position, realized = book_trade(
            self.ledger, order, fill, fee=fee, fee_asset=market.rules.quote
        )
        filled = order.filled_quantity + fill.quantity
        order = order.changed(
            filled_quantity=filled,
            filled_quote=order.filled_quote + fill.price * fill.quantity,
            realized=order.realized + realized,
            status="FILLED" if filled >= order.quantity else "PARTIALLY_FILLED",
            updated_at_ms=fill.executed_at_ms,
        )
        self.ledger.put_order(order)
        trade, at_ms = self.ledger.trades_of[order.key][-1], fill.executed_at_ms
        if told_as == "TRADE":
            self.events.append(LiteEvent(uid=order.uid, order=order, trade=trade, at_ms=at_ms))
        self.events.append(account_event(self.ledger, market, "ORDER", [position], at_ms=at_ms))
        self.tell(order, told_as, trade=trade)
        self.trim_reducing(position)
        return self.ledger.order(order.key)

    def _fee(self, order: Order, fill: Fill) -> Decimal:
        account = self.ledger.accounts[order.uid]
        rate = account.maker_rate if fill.is_maker else account.taker_rate
        return (fill.price * fill.quantity * rate).quantize(UNIT, ROUND_DOWN)

    # Prices

    def wake(self, market: AnyMarket) -> None:
        """Tell who waits for prices; what they do may move prices again, so until all is quiet."""
        assert isinstance(market, Market)
        if self._is_waking:
            return
        self._is_waking = True
        try:
            seen = None
            while seen != (seen := (market.tape.last_price, market.update_id)):
                for listener in self.price_listeners:
                    listener(market)
        finally:
            self._is_waking = False

    # Telling

    def tell(self, order: Order, what: ExecutionType, *, trade: Trade | None = None) -> None:
        self.events.append(
            OrderEvent(
                uid=order.uid, execution_type=what, order=order, trade=trade, at_ms=self.clock()
            )
        )
        if not order.is_open:
            for listener in self.end_listeners:
                listener(order)

    def take_events(self) -> list[UserEvent]:
        """Return what happened since the last call."""
        events, self.events = self.events, []
        return events
