"""Placing and cancelling: the checks that come before the matching, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from workers.paper_exchange.errors import (
    ApiError,
    cancel_refused,
    ids_do_not_match,
    insufficient_balance,
    no_such_order,
    order_refused,
)
from workers.paper_exchange.market.client_ids import generated_id
from workers.paper_exchange.market.market import load_market
from workers.paper_exchange.market.matching import match_quantity, match_quote, matched_quote
from workers.paper_exchange.market.order_index import OpenOrders

from . import filters
from .ledger import Ledger
from .market import Market
from .matcher import Matcher
from .order_request import OrderRequest
from .orders import CONDITIONAL_TYPES, Execution, Order

_NO_LIQUIDITY = "Order book liquidity is less than symbol minimum quantity."
_MARKET_CLOSED = "Market is closed."


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """An accepted order as the answer reports it, with the executions it made at once."""

    order: Order
    executions: tuple[Execution, ...]


class Desk:
    """Accepts, refuses and cancels orders. One call is one change of the ledger."""

    def __init__(self, ledger: Ledger, matcher: Matcher) -> None:
        self._ledger = ledger
        self._matcher = matcher
        self.markets = matcher.markets

    def market(self, symbol: str) -> Market:
        """Return the market; -1121 when there is none."""
        return load_market(self.markets, symbol)

    def check(self, uid: int, request: OrderRequest) -> Market:
        """Refuse what the market or the account does not allow; nothing changes."""
        market, now_ms = self.market(request.symbol), self._matcher.clock()
        if market.status != "TRADING":
            raise ApiError(-1013, _MARKET_CLOSED)
        account = self._ledger.accounts[uid]
        if not account.can_trade:
            raise order_refused("This action is disabled on this account.")
        filters.check_filters(request, market, now_ms)
        open_orders = self._ledger.open_of(uid, request.symbol)
        filters.check_open_orders(request, market.rules, open_orders)
        held = account.balance(market.rules.base).total
        filters.check_position(request, market.rules, held, open_orders)
        self._check_client_id(request, open_orders)
        if request.order_type in CONDITIONAL_TYPES:
            filters.check_trigger(request, market.tape.last_price)
        if request.order_type == "LIMIT_MAKER":
            filters.check_maker(request, market.book)
        if request.quote_quantity and market.book.other_side(request.side).best() is None:
            raise order_refused(_NO_LIQUIDITY)
        self._check_funds(uid, request, market)
        return market

    def _check_client_id(self, request: OrderRequest, open_orders: OpenOrders[Order]) -> None:
        """Refuse an id that an open order bears; ids of closed orders are free again."""
        wanted = request.client_order_id
        if wanted and open_orders.find(None, wanted) is not None:
            raise order_refused("Duplicate order sent.")

    def _check_funds(self, uid: int, request: OrderRequest, market: Market) -> None:
        asset = market.rules.quote if request.side == "BUY" else market.rules.base
        if self._cost(request, market) > self._ledger.accounts[uid].balance(asset).free:
            raise insufficient_balance()

    def _cost(self, request: OrderRequest, market: Market) -> Decimal:
        """Return what the order needs of the asset it gives."""
        offers = market.book.other_side(request.side).up_to(None)
        if request.side == "SELL":
            if request.quote_quantity:
                matches = match_quote(offers, request.quote_quantity, market.rules.step_size)
                return sum((m.quantity for m in matches), Decimal(0))
            return request.quantity
        if request.order_type == "MARKET":
            return request.quote_quantity or matched_quote(match_quantity(offers, request.quantity))
        return (request.price or request.trigger_price) * request.quantity

    def place(self, uid: int, request: OrderRequest) -> Placed:
        """Accept and match an order; ApiError when it is refused, and then nothing changed."""
        market = self.check(uid, request)
        order = self.new_order(uid, request)
        if request.order_type != "MARKET":
            order = self._matcher.lock(order)
        self._ledger.put_order(order)
        self._matcher.tell(order, "NEW")
        if request.order_type in CONDITIONAL_TYPES:
            market.waiting[order.key] = None
        else:
            order = self._matcher.enter(order)
        executions = tuple(self._ledger.executions_of.get(order.key, ()))
        self._matcher.wake(market)
        return Placed(order=order, executions=executions)

    def new_order(self, uid: int, request: OrderRequest) -> Order:
        """Return the order of a request under its new id; nothing is done with it yet."""
        order_id = self._ledger.next_id(request.symbol, "order")
        now_ms = self._matcher.clock()
        client_order_id = request.client_order_id or generated_id("g", request.symbol, order_id)
        return Order(
            symbol=request.symbol,
            order_id=order_id,
            uid=uid,
            client_order_id=client_order_id,
            client_order_ids=(client_order_id,),
            side=request.side,
            order_type=request.order_type,
            time_in_force=request.time_in_force,
            quantity=request.quantity,
            quote_quantity=request.quote_quantity,
            price=request.price,
            trigger_price=request.trigger_price,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            working_at_ms=-1 if request.order_type in CONDITIONAL_TYPES else now_ms,
            self_trade_prevention=request.self_trade_prevention
            or self.market(request.symbol).rules.self_trade_prevention,
            strategy=request.strategy,
        )

    def cancel(
        self,
        uid: int,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str = "",
        new_client_order_id: str = "",
        restriction: str = "",
    ) -> Order:
        """Cancel an open order; its client id is replaced. -2011 when there is none."""
        order = self._find_open(uid, symbol, order_id, client_order_id)
        allowed = {"": order.status, "ONLY_NEW": "NEW", "ONLY_PARTIALLY_FILLED": "PARTIALLY_FILLED"}
        if allowed[restriction] != order.status:
            raise cancel_refused("Order was not canceled due to cancel restrictions.")
        return self.withdraw(order, new_client_order_id)

    def withdraw(self, order: Order, new_client_order_id: str = "") -> Order:
        """Take `order` from the market as canceled, under a new client id."""
        self.markets[order.symbol].withdraw(order)
        before = order.client_order_id
        after = new_client_order_id or generated_id("c", order.symbol, order.order_id)
        order = self._matcher.release(order)
        order = order.changed(
            status="CANCELED",
            client_order_id=after,
            client_order_ids=(*order.client_order_ids, after),
            updated_at_ms=self._matcher.clock(),
        )
        self._ledger.put_order(order)
        self._matcher.tell(order, "CANCELED", original_client_order_id=before)
        return order

    def _find_open(
        self, uid: int, symbol: str, order_id: int | None, client_order_id: str
    ) -> Order:
        self.market(symbol)
        order = self._ledger.open_of(uid, symbol).find(order_id, client_order_id)
        if order is None:
            raise cancel_refused()
        return order

    def find(self, uid: int, symbol: str, *, order_id: int | None, client_order_id: str) -> Order:
        """Return an order of the account by its current ids; the newest with a reused id."""
        self.market(symbol)
        order = self._ledger.find(uid, symbol, order_id, client_order_id)
        if order is None:
            raise no_such_order()
        if client_order_id and order.client_order_id != client_order_id:
            raise ids_do_not_match()
        return order
