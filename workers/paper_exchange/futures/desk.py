"""Placing and cancelling on the futures market. One call is one change of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from workers.paper_exchange.errors import ApiError, cancel_refused, no_such_order
from workers.paper_exchange.market.client_ids import generated_id
from workers.paper_exchange.market.market import load_market

from . import checks, expiry
from .ledger import Ledger
from .margins import Margins
from .market import Market
from .matcher import Matcher
from .orders import Order, OrderRequest, reduces_by_side


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """An accepted order: as it was taken in, and as it is after its matching."""

    accepted: Order
    order: Order


class Desk:
    """Accepts, refuses and cancels orders; ApiError when it refuses, and then nothing changed."""

    def __init__(self, ledger: Ledger, matcher: Matcher, margins: Margins) -> None:
        self._ledger = ledger
        self._matcher = matcher
        self._margins = margins
        self.markets = matcher.markets

    def market(self, symbol: str) -> Market:
        """Return the market; -1121 when there is none."""
        return load_market(self.markets, symbol)

    def check(self, uid: int, request: OrderRequest) -> Market:
        """Refuse what the contract or the account does not allow; nothing changes."""
        market, account = self.market(request.symbol), self._ledger.accounts[uid]
        if market.status != "TRADING":
            raise ApiError(-4108, "Symbol is not in trading status")
        if not account.can_trade:
            raise ApiError(-2010, "This action is disabled on this account.")
        checks.check_position_side(request.position_side, is_hedged=account.is_hedged)
        checks.check_filters(request, market)
        self._check_open_orders(uid, request, market)
        self._check_reducing(uid, request)
        checks.check_taker(request, market, self._ledger.owned_by(uid))
        checks.check_best_price(request, market)
        is_reducing = request.is_reduce_only or reduces_by_side(request.position_side, request.side)
        if not is_reducing:
            checks.check_margin(uid, request, market, self._margins)
        return market

    def _check_open_orders(self, uid: int, request: OrderRequest, market: Market) -> None:
        """Refuse an id that an open order bears, and one order too many."""
        open_orders = self._ledger.open_of(uid, request.symbol)
        wanted = request.client_order_id
        if wanted and open_orders.find(None, wanted) is not None:
            raise ApiError(-4116, "ClientOrderId is duplicated.")
        if len(open_orders) >= market.rules.max_orders:
            raise ApiError(-2025, "Reach max open order limit.")

    def _check_reducing(self, uid: int, request: OrderRequest) -> None:
        """Refuse a reducing order that has nothing to reduce."""
        by_side = reduces_by_side(request.position_side, request.side)
        if not (request.is_reduce_only or by_side):
            return
        held = self._ledger.position(uid, request.symbol, request.position_side).quantity
        closable = held if request.side == "SELL" else -held
        # A closing order of hedge mode may not be larger than its position
        if closable <= 0 or (by_side and request.quantity > closable):
            raise ApiError(-2022, "ReduceOnly Order is rejected.")

    def place(
        self,
        uid: int,
        request: OrderRequest,
        before_matching: Callable[[Order], None] | None = None,
    ) -> Placed:
        """Accept and match an order; `before_matching` is called between the two."""
        market = self.check(uid, request)
        order = self._new_order(uid, request)
        self._ledger.put_order(order)
        self._matcher.tell(order, "NEW")
        if before_matching is not None:
            before_matching(order)
        after = self._matcher.enter(order)
        self._matcher.wake(market)
        return Placed(accepted=order, order=self._ledger.order(after.key))

    def _new_order(self, uid: int, request: OrderRequest) -> Order:
        order_id = self._ledger.next_id(request.symbol, "order")
        now_ms = self._matcher.clock()
        return Order(
            symbol=request.symbol,
            order_id=order_id,
            uid=uid,
            client_order_id=request.client_order_id
            or generated_id("futures", request.symbol, order_id),
            side=request.side,
            position_side=request.position_side,
            order_type=request.order_type,
            original_type=request.original_type or request.order_type,
            time_in_force=request.time_in_force,
            quantity=request.quantity,
            price=request.price,
            is_reduce_only=request.is_reduce_only,
            closes_position=request.closes_position,
            trigger_price=request.trigger_price,
            working_type=request.working_type,
            is_price_protected=request.is_price_protected,
            good_till_ms=request.good_till_ms,
            self_trade_prevention=request.self_trade_prevention
            or self.market(request.symbol).rules.self_trade_prevention,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )

    def amend(self, order: Order, quantity: Decimal, price: Decimal) -> Order:
        """Change an open limit order: it keeps its id and loses its place in the book.

        A quantity that is filled already cancels the rest.
        """
        if order.order_type != "LIMIT":
            raise ApiError(-5024, "Only limit order is supported.")
        if (quantity, price) == (order.quantity, order.price):
            raise ApiError(-5027, "No need to modify the order.")
        market = self.market(order.symbol)
        checks.check_price(price, market.rules)
        checks.check_quantity(quantity, market.rules, at_market=False)
        if quantity <= order.filled_quantity:
            return self.withdraw(order)
        after = order.changed(quantity=quantity, price=price, updated_at_ms=self._matcher.clock())
        self._check_amended(order, after, market)
        market.withdraw(order)
        self._ledger.put_order(after)
        self._matcher.tell(after, "AMENDMENT")
        after = self._matcher.enter(after)
        self._matcher.wake(market)
        return self._ledger.order(after.key)

    def _check_amended(self, order: Order, after: Order, market: Market) -> None:
        """Refuse a change that takes, or that needs more margin than there is."""
        request = OrderRequest(
            symbol=after.symbol,
            side=after.side,
            order_type=after.order_type,
            position_side=after.position_side,
            time_in_force=after.time_in_force,
            # What it needs more than it binds already
            quantity=after.remaining_quantity,
            price=after.price,
        )
        checks.check_taker(request, market, self._ledger.owned_by(order.uid))
        bound = order.remaining_quantity * order.price
        added = after.remaining_quantity * after.price - bound
        if added > 0 and not order.reduces:
            more = replace(request, quantity=added / after.price)
            checks.check_margin(order.uid, more, market, self._margins)

    def cancel(
        self, uid: int, symbol: str, *, order_id: int | None = None, client_order_id: str = ""
    ) -> Order:
        """Cancel an open order; it keeps its client id. -2011 when there is none."""
        self.market(symbol)
        order = self._ledger.open_of(uid, symbol).find(order_id, client_order_id)
        if order is None:
            raise cancel_refused()
        return self.withdraw(order)

    def withdraw(self, order: Order) -> Order:
        """Take `order` from the market as canceled."""
        self.markets[order.symbol].withdraw(order)
        order = order.changed(status="CANCELED", updated_at_ms=self._matcher.clock())
        self._ledger.put_order(order)
        self._matcher.tell(order, "CANCELED")
        return order

    def cancel_all(self, uid: int, symbol: str) -> list[Order]:
        """Cancel every open order of one contract; none is no error."""
        self.market(symbol)
        return [self.withdraw(order) for order in self._ledger.open_orders(uid, symbol)]

    def expire_old(self) -> None:
        """End the orders whose good-till date is over."""
        now_ms = self._matcher.clock()
        for key in list(self._ledger.dated):
            order = self._ledger.order(key)
            if order.good_till_ms <= now_ms:
                self._matcher.end(order, expiry.GOOD_TILL_DATE)

    def find(self, uid: int, symbol: str, *, order_id: int | None, client_order_id: str) -> Order:
        """Return an order of the account; the newest with a reused id; -2013 for none."""
        self.market(symbol)
        order = self._ledger.find(uid, symbol, order_id, client_order_id)
        if order is None or (client_order_id and order.client_order_id != client_order_id):
            raise no_such_order()
        return order
