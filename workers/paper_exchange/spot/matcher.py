"""The matching of one exchange: every trade of every market is made here."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from workers.paper_exchange.clock import Clock
from workers.paper_exchange.market.book import Resting
from workers.paper_exchange.market.floor import Floor
from workers.paper_exchange.market.market import Market as AnyMarket
from workers.paper_exchange.market.matching import matched_quantity
from workers.paper_exchange.market.prevention import Prevention
from workers.paper_exchange.market.trades import Fill, OrderKey

from .events import TOLD_AS, Ending, ExecutionType, OrderEvent, PositionEvent, UserEvent
from .ledger import Ledger
from .market import Market, wakes
from .orders import Execution, Order
from .planning import plan_matches
from .settlement import lock, settle, unlock


class Matcher(Floor):
    """Takes from the books, settles both sides, and wakes the orders that wait for a price."""

    def __init__(self, ledger: Ledger, markets: dict[str, Market], clock: Clock) -> None:
        super().__init__(ledger, clock)
        self.ledger = ledger
        self.markets = markets
        self.events: list[UserEvent] = []
        self._touched: dict[tuple[int, str], None] = {}
        #: Called before an order of a list acts, and when one has ended.
        self.leg_acts: Callable[[Order], Order] = _as_it_is
        self.leg_ended: Callable[[Order], None] = _ignore

    # What an order goes through

    def enter(self, order: Order) -> Order:
        """Let `order` take what it can; rest or end what is left of it.

        Its funds are checked before; an order with a limit has them locked.
        """
        market = self.markets[order.symbol]
        account = self.ledger.accounts[order.uid]
        prevention = Prevention(order.self_trade_prevention, self.ledger.owned_by(order.uid))
        matches = plan_matches(order, market, account, prevention)
        if order.time_in_force == "FOK" and matched_quantity(matches) < order.quantity:
            return self.end(order, "EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")
        if order.quote_quantity:
            # The quantity of an order in quote is what the quote bought
            order = order.changed(quantity=matched_quantity(matches))
        for match in matches:
            order = self.trade(market, match.resting, match.quantity, order)
        for resting in prevention.expiring:
            self._prevent(market, resting)
        if prevention.ends_taker:
            return self.end(order, "EXPIRED_IN_MATCH")
        return self._finish(order, market)

    def _prevent(self, market: Market, resting: Resting) -> None:
        """End an order of the account that it would have traded with itself."""
        assert resting.order_key is not None
        order = self.ledger.order(resting.order_key)
        if order.is_open:  # Else another order of its list has ended it
            market.withdraw(order)
            self.end(order, "EXPIRED_IN_MATCH")

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
        fill = self.report(market, resting.price, quantity, taker.side)
        taker = self._settle(taker, fill)
        self.fill_resting(market, resting, fill)
        return taker

    def fill_maker(self, order_key: OrderKey, fill: Fill) -> None:
        """Book `fill` for a resting order, and free what a full one still locks."""
        order = self.ledger.order(order_key)
        if order.order_list_id >= 0:
            order = self.leg_acts(order)
        order = self._settle(order, fill)
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

    def wake(self, market: AnyMarket) -> None:
        """Enter every waiting order that the last price wakes, until none is left."""
        while (order := self._next_awake(market)) is not None:
            del market.waiting[order.key]
            if order.order_list_id >= 0:
                order = self.leg_acts(order)
            if not order.price:
                order = self.release(order)
            order = order.changed(working_at_ms=self.clock(), updated_at_ms=self.clock())
            self.ledger.put_order(order)
            self.tell(order, "NEW")
            self.enter(order)

    def _next_awake(self, market: AnyMarket) -> Order | None:
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
        if order.order_list_id >= 0 and not order.is_open:
            self.leg_ended(order)

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


def _as_it_is(order: Order) -> Order:
    return order


def _ignore(order: Order) -> None:
    pass
