"""The lists of orders that the exchange has taken in: kept, told, and found again."""

from __future__ import annotations

from workers.paper_exchange.errors import ApiError

from .events import ListEvent
from .ledger import Ledger
from .matcher import Matcher
from .order_lists import OrderList
from .orders import Order


class ListBook:
    """Answers which lists there are and which orders they have."""

    def __init__(self, ledger: Ledger, matcher: Matcher) -> None:
        self._ledger = ledger
        self._matcher = matcher

    def put(self, listed: OrderList) -> None:
        """Keep a list, and tell its account."""
        self._ledger.put_list(listed)
        orders = tuple((n, self.order(listed, n).client_order_id) for n in listed.order_ids)
        event = ListEvent(
            uid=listed.uid, order_list=listed, orders=orders, at_ms=self._matcher.clock()
        )
        self._matcher.events.append(event)

    def find(self, uid: int, list_id: int | None, client_id: str) -> OrderList:
        """Return a list of the account; -2018 when there is none."""
        rows = [row for row in self.lists(uid) if is_named(row, list_id, client_id)]
        if not rows:
            raise ApiError(-2018, "Order list does not exist.")
        return rows[-1]

    def lists(self, uid: int) -> list[OrderList]:
        """Return every list of an account, oldest first."""
        return [row for row in self._ledger.lists.values() if row.uid == uid]

    def open_lists(self, uid: int) -> list[OrderList]:
        return [row for row in self.lists(uid) if row.is_open]

    def orders_of(self, listed: OrderList) -> list[Order]:
        return [self.order(listed, number) for number in listed.order_ids]

    def order(self, listed: OrderList, number: int) -> Order:
        """Return one order of a list as it is now."""
        return self._ledger.order((listed.symbol, number))


def is_named(listed: OrderList, list_id: int | None, client_id: str) -> bool:
    """Return whether a list bears every id given."""
    if list_id is not None and listed.list_id != list_id:
        return False
    return not client_id or listed.list_client_order_id == client_id
