"""What follows when an order of a list acts or ends."""

from __future__ import annotations

from collections.abc import Sequence

from workers.paper_exchange.errors import ApiError

from .desk import Desk
from .ledger import Ledger
from .list_book import ListBook
from .matcher import Matcher
from .order_lists import OrderList
from .order_request import OrderRequest
from .orders import CONDITIONAL_TYPES, Order
from .settlement import amount_to_lock

_BY_THE_OTHER = "OCO_TRIGGER"


class ListFollower:
    """Lets one leg end the other, and wakes what waits for the first.

    Of a pair only the leg that needs more has its funds locked; before the other one acts, the
    first is ended and its lock is handed over.
    """

    def __init__(self, ledger: Ledger, desk: Desk, matcher: Matcher, book: ListBook) -> None:
        self._ledger = ledger
        self._desk = desk
        self._matcher = matcher
        self._book = book
        matcher.leg_acts = self._leg_acts
        self._ended: list[Order] = []
        matcher.leg_ended = self._ended.append

    def begin_pair(self, legs: Sequence[Order]) -> None:
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

    def _leg_acts(self, order: Order) -> Order:
        """End the other leg of a pair before `order` trades or is triggered, and take its lock."""
        listed = self._ledger.lists[order.order_list_id]
        if order.order_id not in listed.pair:
            return order
        for number in listed.pair:
            other = self._book.order(listed, number)
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
                self.cancel_rest(listed)
            self._close(listed)

    def _first_ended(self, listed: OrderList, order: Order) -> None:
        """Begin what waits for a filled order, or end it with one that did not fill."""
        waiting = [self._book.order(listed, n) for n in listed.waiting]
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
            self.begin_pair(legs)
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
        if any(self._book.order(listed, number).is_open for number in listed.order_ids):
            return
        self._book.put(listed.ended(self._matcher.clock()))

    def cancel_rest(self, listed: OrderList) -> None:
        """Cancel every order of a list that is still open."""
        for number in listed.order_ids:
            order = self._book.order(listed, number)
            if order.is_open:
                self._desk.withdraw(order)
