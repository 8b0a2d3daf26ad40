"""Placing and cancelling lists of orders. One call is one change of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from workers.paper_exchange.errors import ApiError, cancel_refused, order_refused
from workers.paper_exchange.market.client_ids import generated_id

from . import filters
from .desk import Desk
from .ledger import Ledger
from .list_book import ListBook, is_named
from .list_follower import ListFollower
from .matcher import Matcher
from .order_lists import OrderList
from .order_request import OrderRequest

_SAME_IDS = "Client order ids of a list must differ."


class ListDesk:
    """Accepts lists, and cancels them as a whole."""

    def __init__(self, ledger: Ledger, desk: Desk, matcher: Matcher) -> None:
        self._ledger = ledger
        self._desk = desk
        self._matcher = matcher
        self.book = ListBook(ledger, matcher)
        self.follower = ListFollower(ledger, desk, matcher, self.book)

    def place_pair(
        self, uid: int, legs: Sequence[OrderRequest], list_client_order_id: str
    ) -> OrderList:
        """Place two orders of which the first that acts ends the other (OCO)."""
        self._check_ids(uid, legs, list_client_order_id)
        for request in legs:
            self._desk.check(uid, request)
        placed = self._open(uid, "OCO", legs, list_client_order_id)
        self.follower.begin_pair([self.book.order(placed, number) for number in placed.order_ids])
        return self._settled(placed)

    def place_chain(
        self, uid: int, legs: Sequence[OrderRequest], list_client_order_id: str
    ) -> OrderList:
        """Place a working order, and behind it one order or a pair for when it is filled (OTO)."""
        self._check_ids(uid, legs, list_client_order_id)
        market = self._desk.check(uid, legs[0])
        for request in legs[1:]:
            filters.check_filters(request, market, self._matcher.clock())
        placed = self._open(uid, "OTO", legs, list_client_order_id)
        working = self.book.order(placed, placed.order_ids[0])
        self._ledger.put_order(self._matcher.lock(working))
        self._matcher.enter(self.book.order(placed, working.order_id))
        self._matcher.wake(market)
        return self._settled(placed)

    def _settled(self, placed: OrderList) -> OrderList:
        """Return a list as it is once everything that follows from it has happened."""
        self.follower.settle()
        return self._ledger.lists[placed.list_id]

    def _check_ids(self, uid: int, legs: Sequence[OrderRequest], list_id: str) -> None:
        ids = [leg.client_order_id for leg in legs if leg.client_order_id]
        open_orders = self._ledger.open_of(uid, legs[0].symbol)
        if len(set(ids)) != len(ids):
            raise ApiError(-1158, _SAME_IDS)
        if any(open_orders.find(None, i) is not None for i in ids):
            raise order_refused("Duplicate order sent.")
        if list_id and any(
            row.list_client_order_id == list_id for row in self.book.open_lists(uid)
        ):
            raise order_refused("Duplicate order sent.")

    def _open(
        self, uid: int, contingency: str, legs: Sequence[OrderRequest], client_id: str
    ) -> OrderList:
        """Number the list and its orders, and tell them; nothing is in the market yet."""
        now_ms, symbol = self._matcher.clock(), legs[0].symbol
        number = self._ledger.next_id("", "order_list")
        orders = []
        for index, request in enumerate(legs):
            order = self._desk.new_order(uid, request).changed(order_list_id=number)
            if contingency == "OTO" and index:
                order = order.changed(status="PENDING_NEW", working_at_ms=-1)
            orders.append(order)
        placed = OrderList(
            list_id=number,
            uid=uid,
            symbol=symbol,
            contingency=contingency,
            list_client_order_id=client_id or generated_id("list", number),
            order_ids=tuple(order.order_id for order in orders),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
        for order in orders:
            self._ledger.put_order(order)
        self.book.put(placed)
        for order in orders:
            self._matcher.tell(order, "NEW")
        return placed

    def cancel(self, uid: int, symbol: str, list_id: int | None, client_id: str) -> OrderList:
        """Cancel a list with all its orders; -2011 when there is no open one."""
        self._desk.market(symbol)
        for listed in self.book.open_lists(uid):
            if listed.symbol == symbol and is_named(listed, list_id, client_id):
                self.follower.cancel_rest(listed)
                self.follower.settle()
                return self._ledger.lists[listed.list_id]
        raise cancel_refused()
