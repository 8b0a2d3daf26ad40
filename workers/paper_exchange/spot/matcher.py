"""The matching of one exchange: every trade of every market is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from workers.paper_exchange.clock import Clock

from .book import Resting
from .events import TOLD_AS, Ending, ExecutionType, OrderEvent, PositionEvent, UserEvent
from .ledger import Ledger
from .market import Market, wakes
from .matching import Match, floor_to, match_quantity, match_quote, matched_quantity
from .orders import Execution, Order, Print, Side
from .settlement import Fill, lock, settle, unlock

#: What is sold to public streams: symbol, print.
PrintListener = Callable[[str, Print], None]


class Matcher:
    """Takes from the books, settles both sides, and wakes the orders that wait for a price."""

    def __init__(self, ledger: Ledger, markets: dict[str, Market], clock: Clock) -> None:
        self.ledger = ledger
        self.markets = markets
        self.clock = clock
        self.events: list[UserEvent] = []
        self.print_listeners: list[PrintListener] = []
        self._touched: dict[tuple[int, str], None] = {}

    # What an order goes through

    def enter(self, order: Order) -> Order:
        """Let `order` take what it can; rest or end what is left of it.

        Its funds are checked before; an order with a limit has them locked.
        """
        market = self.markets[order.symbol]
        matches = self._plan(order, market)
        if order.time_in_force == "FOK" and matched_quantity(matches) < order.quantity:
            return self.end(order, "EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")
        if order.quote_quantity:
            # The quantity of an order in quote is what the quote bought
            order = order.changed(quantity=matched_quantity(matches))
        for match in matches:
            order = self.trade(market, match.resting, match.quantity, order)
        return self._finish(order, market)

    def _plan(self, order: Order, market: Market) -> list[Match]:
        offers = market.book.other_side(order.side).up_to(order.price or None)
        if order.quote_quantity and order.side == "BUY":
            return match_quote(offers, order.quote_quantity, market.rules.step_size)
        if order.quote_quantity:
            return self._plan_sale_for_quote(order, market, offers)
        matches = match_quantity(offers, order.quantity)
        if order.side == "BUY" and not order.price:
            free = self.ledger.accounts[order.uid].balance(market.rules.quote).free
            return _affordable(matches, free, market.rules.step_size)
        return matches

    def _plan_sale_for_quote(
        self, order: Order, market: Market, offers: Iterable[Resting]
    ) -> list[Match]:
        """Sell what earns the quote, but no more than there is."""
        step = market.rules.step_size
        matches = match_quote(offers, order.quote_quantity, step)
        free = self.ledger.accounts[order.uid].balance(market.rules.base).free
        return match_quantity(
            (m.resting for m in matches), min(floor_to(free, step), matched_quantity(matches))
        )

    def _finish(self, order: Order, market: Market) -> Order:
        if order.status == "FILLED":
            return self.release(order)
        if order.time_in_force == "IOC":
            return self.end(order, "EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED")
        if not order.price:
            return self.end(order, "EXPIRED", "INSUFFICIENT_LIQUIDITY")
        market.rest(order)
        self.ledger.put_order(order)
        return order

    def end(self, order: Order, status: Ending, reason: str = "") -> Order:
        """Close an order that is not in the book, and free what it locked."""
        now_ms = self.clock()
        order = order.changed(status=status, updated_at_ms=now_ms, expiry_reason=reason)
        order = self.release(order)
        self.ledger.put_order(order)
        self.tell(order, TOLD_AS[status])
        return order

    def release(self, order: Order) -> Order:
        """Free what `order` still locks."""
        if not order.locked:
            return order
        rules = self.markets[order.symbol].rules
        order = unlock(self.ledger, order, rules, self.clock())
        self.ledger.put_order(order)
        self.touch(order)
        return order

    def lock(self, order: Order) -> Order:
        """Set aside what `order` may give."""
        order = lock(self.ledger, order, self.markets[order.symbol].rules, self.clock())
        self.touch(order)
        return order

    # Trades

    def trade(self, market: Market, resting: Resting, quantity: Decimal, taker: Order) -> Order:
        """Match `taker` with a resting order or quote; return the taker's new state."""
        fill = self._print(market, resting.price, quantity, taker.side)
        taker = self._settle(taker, fill)
        self._fill_resting(market, resting, fill)
        return taker

    def crowd_trade(
        self, market: Market, resting: Resting, quantity: Decimal, taker_side: Side
    ) -> None:
        """Let the crowd take from a resting order or quote."""
        fill = self._print(market, resting.price, quantity, taker_side)
        self._fill_resting(market, resting, fill)

    def crowd_takes(
        self, market: Market, side: Side, quantity: Decimal, limit: Decimal | None
    ) -> Decimal:
        """Let the crowd buy or sell up to `quantity` from the book; return what it got."""
        offers = market.book.other_side(side).up_to(limit)
        matches = match_quantity(offers, quantity)
        for match in matches:
            self.crowd_trade(market, match.resting, match.quantity, side)
        return matched_quantity(matches)

    def print_only(self, market: Market, price: Decimal, quantity: Decimal, side: Side) -> None:
        """Report a trade within the crowd."""
        self._print(market, price, quantity, side)

    def _print(self, market: Market, price: Decimal, quantity: Decimal, taker_side: Side) -> Fill:
        symbol, now_ms = market.rules.symbol, self.clock()
        trade_id = self.ledger.next_id(symbol, "trade")
        market.update_id += 1
        public = Print(
            trade_id=trade_id,
            price=price,
            quantity=quantity,
            executed_at_ms=now_ms,
            buyer_is_maker=taker_side == "SELL",
        )
        market.tape.add(public)
        self.ledger.set_text(f"price/{symbol}", str(price))
        for listener in self.print_listeners:
            listener(symbol, public)
        return Fill(
            trade_id=trade_id, price=price, quantity=quantity, is_maker=False, executed_at_ms=now_ms
        )

    def _fill_resting(self, market: Market, resting: Resting, fill: Fill) -> None:
        side = market.book.own_side(resting.side)
        resting.remaining -= fill.quantity
        if not resting.remaining:
            side.remove(resting)
        if resting.order_key is not None:
            order = self._settle(self.ledger.order(resting.order_key), replace(fill, is_maker=True))
            if order.status == "FILLED":
                self.release(order)

    def _settle(self, order: Order, fill: Fill) -> Order:
        rules = self.markets[order.symbol].rules
        order = settle(self.ledger, order, fill, rules, self.price_of)
        execution = self.ledger.executions_of[order.key][-1]
        self.tell(order, "TRADE", execution=execution)
        self.touch(order)
        self._touched[order.uid, execution.fee_asset] = None
        return order

    def price_of(self, asset: str, other: str) -> Decimal | None:
        """Return the last price of `asset` in `other`, over a third coin where need be."""
        direct = self.markets.get(asset + other)
        if direct is not None:
            return direct.tape.last_price
        for quote in {market.rules.quote: None for market in self.markets.values()}:
            legs = self.markets.get(asset + quote), self.markets.get(other + quote)
            if legs[0] is not None and legs[1] is not None:
                return legs[0].tape.last_price / legs[1].tape.last_price
        return None

    # Conditional orders

    def wake(self, market: Market) -> None:
        """Enter every waiting order that the last price wakes, until none is left."""
        while (order := self._next_awake(market)) is not None:
            del market.waiting[order.key]
            if not order.price:
                order = self.release(order)
            order = order.changed(working_at_ms=self.clock(), updated_at_ms=self.clock())
            self.ledger.put_order(order)
            self.tell(order, "NEW")
            self.enter(order)

    def _next_awake(self, market: Market) -> Order | None:
        last_price = market.tape.last_price
        for key in market.waiting:
            order = self.ledger.order(key)
            if wakes(order.order_type, order.side, order.trigger_price, last_price):
                return order
        return None

    # Telling

    def tell(
        self,
        order: Order,
        what: ExecutionType,
        *,
        execution: Execution | None = None,
        original_client_order_id: str = "",
    ) -> None:
        self.events.append(
            OrderEvent(
                uid=order.uid,
                execution_type=what,
                order=order,
                execution=execution,
                original_client_order_id=original_client_order_id,
                execution_id=self.ledger.next_id(order.symbol, "execution"),
                at_ms=self.clock(),
            )
        )

    def touch(self, order: Order) -> None:
        """Remember that the balances of the order's assets may have changed."""
        rules = self.markets[order.symbol].rules
        self._touched[order.uid, rules.base] = None
        self._touched[order.uid, rules.quote] = None

    def take_events(self, hears: Callable[[int], bool]) -> list[UserEvent]:
        """Return what happened since the last call; balances last, and only for who hears them."""
        events, self.events = self.events, []
        touched, self._touched = self._touched, {}
        for uid in filter(hears, dict.fromkeys(uid for uid, _ in touched)):
            events.append(self._position(uid, [asset for owner, asset in touched if owner == uid]))
        return events

    def _position(self, uid: int, assets: list[str]) -> PositionEvent:
        account = self.ledger.accounts[uid]
        rows = ((asset, account.balance(asset)) for asset in assets)
        return PositionEvent(
            uid=uid,
            balances=tuple((asset, b.free, b.locked) for asset, b in rows),
            updated_at_ms=account.updated_at_ms,
            at_ms=self.clock(),
        )


def _affordable(matches: list[Match], free: Decimal, step: Decimal) -> list[Match]:
    """Cut `matches` to what `free` pays for; a woken stop may find less than it needs."""
    kept: list[Match] = []
    for match in matches:
        cost = match.quantity * match.resting.price
        if cost > free:
            rest = floor_to(free / match.resting.price, step)
            return [*kept, Match(match.resting, rest)] if rest > 0 else kept
        kept.append(match)
        free -= cost
    return kept
