"""Placing and following lists of orders. One call is one change of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from workers.paper_exchange.errors import ApiError, cancel_refused, order_refused
from workers.paper_exchange.market.client_ids import generated_id

from . import filters
from .desk import Desk
from .ledger import Ledger
from .list_book import ListBook, is_named
from .matcher import Matcher
from .order_lists import OrderList
from .order_request import OrderRequest
from .orders import CONDITIONAL_TYPES, Order
from .settlement import amount_to_lock

_BY_THE_OTHER = "OCO_TRIGGER"
_SAME_IDS = "Client order ids of a list must differ."


class ListDesk:
    """Accepts lists, lets one leg end the other, and wakes what waits for the first.

    Of a pair only the leg that needs more has its funds locked; before the other one acts, the
    first is ended and its lock is handed over.
    """

    def __init__(self, ledger: Ledger, desk: Desk, matcher: Matcher) -> None:
        self._ledger = ledger
        self._desk = desk
        self._matcher = matcher
        self.book = ListBook(ledger, matcher)
        matcher.leg_acts = self._leg_acts
        self._ended: list[Order] = []
        matcher.leg_ended = self._ended.append

    # Placing

    def place_pair(
        self, uid: int, legs: Sequence[OrderRequest], list_client_order_id: str
    ) -> OrderList:
        """Place two orders of which the first that acts ends the other (OCO)."""
        self._check_ids(uid, legs, list_client_order_id)
        for request in legs:
            self._desk.check(uid, request)
        placed = self._open(uid, "OCO", legs, list_client_order_id)
        self._begin_pair([self.book.order(placed, number) for number in placed.order_ids])
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
        self.settle()
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

    def _begin_pair(self, legs: Sequence[Order]) -> None:
        """Put both legs where they belong, with one lock for both."""
        dearest = max(legs, key=amount_to_lock)
        for leg in legs:
            order = self._matcher.lock(leg) if leg is dearest else leg
            self._ledger.put_order(order)
            self._enter(order)
        self._matcher.wake(self._desk.market(legs[0].symbol))

    def _enter(self, order: Order) -> None:
        if order.order_type in CONDITIONAL_TYPES:
            self._desk.market(order.symbol).waiting[order.key] = None
        else:
            self._matcher.enter(order)

    # Following

    def _leg_acts(self, order: Order) -> Order:
        """End the other leg of a pair before `order` trades or is triggered, and take its lock."""
        listed = self._ledger.lists[order.order_list_id]
        if order.order_id not in listed.pair:
            return order
        for number in listed.pair:
            other = self.book.order(listed, number)
            if number != order.order_id and other.is_open:
                self._desk.market(other.symbol).withdraw(other)
                self._matcher.end(other, "EXPIRED", _BY_THE_OTHER)
        if order.locked:
            return order
        order = self._matcher.lock(order)
        self._ledger.put_order(order)
        return order

    def settle(self) -> None:
        """Draw the consequences of legs that have ended, until there are none."""
        while self._ended:
            order = self._ended.pop(0)
            listed = self._ledger.lists[order.order_list_id]
            if not listed.is_open:
                continue
            if order.order_id == listed.order_ids[0] and listed.waiting:
                self._first_ended(listed, order)
            elif order.status != "FILLED" and order.expiry_reason != _BY_THE_OTHER:
                self._cancel_rest(listed)
            self._close(listed)

    def _first_ended(self, listed: OrderList, order: Order) -> None:
        """Begin what waits for a filled order, or end it with one that did not fill."""
        waiting = [self.book.order(listed, n) for n in listed.waiting]
        if order.status != "FILLED":
            for leg in waiting:
                self._matcher.end(leg, "EXPIRED", "OTO_PHASE_ONE_EXPIRED")
            return
        now_ms = self._matcher.clock()
        legs = [
            leg.changed(
                status="NEW",
                updated_at_ms=now_ms,
                working_at_ms=-1 if leg.order_type in CONDITIONAL_TYPES else now_ms,
            )
            for leg in waiting
        ]
        if not all(self._can_begin(leg) for leg in legs):
            for leg in waiting:
                self._matcher.end(leg, "EXPIRED", "REJECTED")
            return
        for leg in legs:
            self._ledger.put_order(leg)
            self._matcher.tell(leg, "NEW")
        if listed.pair:
            self._begin_pair(legs)
        else:
            self._begin_one(legs[0])

    def _begin_one(self, leg: Order) -> None:
        if leg.order_type != "MARKET":
            leg = self._matcher.lock(leg)
            self._ledger.put_order(leg)
        self._enter(leg)
        self._matcher.wake(self._desk.market(leg.symbol))

    def _can_begin(self, leg: Order) -> bool:
        """Return whether the account and the price allow a waiting order now."""
        request = OrderRequest(
            symbol=leg.symbol,
            side=leg.side,
            order_type=leg.order_type,
            time_in_force=leg.time_in_force,
            quantity=leg.quantity,
            price=leg.price,
            trigger_price=leg.trigger_price,
        )
        try:
            self._desk.check(leg.uid, request)
        except ApiError:
            return False
        return True

    def _close(self, listed: OrderList) -> None:
        if any(self.book.order(listed, number).is_open for number in listed.order_ids):
            return
        self.book.put(listed.ended(self._matcher.clock()))

    # Cancelling

    def cancel(self, uid: int, symbol: str, list_id: int | None, client_id: str) -> OrderList:
        """Cancel a list with all its orders; -2011 when there is no open one."""
        self._desk.market(symbol)
        for listed in self.book.open_lists(uid):
            if listed.symbol == symbol and is_named(listed, list_id, client_id):
                self._cancel_rest(listed)
                self.settle()
                return self._ledger.lists[listed.list_id]
        raise cancel_refused()

    def _cancel_rest(self, listed: OrderList) -> None:
        for number in listed.order_ids:
            order = self.book.order(listed, number)
            if order.is_open:
                self._desk.withdraw(order)
