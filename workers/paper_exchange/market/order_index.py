"""Orders of one market type, found by every question that is asked of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from .book import Resting
from .trades import OrderKey


class IndexedOrder(Protocol):
    """What the index must know of an order."""

    @property
    def key(self) -> OrderKey: ...
    @property
    def symbol(self) -> str: ...
    @property
    def order_id(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def client_order_id(self) -> str: ...
    @property
    def updated_at_ms(self) -> int: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def is_conditional(self) -> bool: ...


O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


class OpenOrders(Generic[O]):
    """The open orders of one account in one market, counted and found without a search."""

    def __init__(self) -> None:
        self._orders: dict[int, O] = {}
        self._ids: dict[str, int] = {}  # Client id -> order id
        self.conditional = 0

    def note(self, order: O) -> None:
        """Take in a new state of an order."""
        before = self._orders.pop(order.order_id, None)
        if before is not None:
            self._ids.pop(before.client_order_id, None)
            self.conditional -= before.is_conditional
        if order.is_open:
            self._orders[order.order_id] = order
            self._ids[order.client_order_id] = order.order_id
            self.conditional += order.is_conditional

    def find(self, order_id: int | None, client_order_id: str) -> O | None:
        """Return the order that bears every id given, None when there is none."""
        if order_id is None:
            order_id = self._ids.get(client_order_id)
        order = None if order_id is None else self._orders.get(order_id)
        if order is None or (client_order_id and order.client_order_id != client_order_id):
            return None
        return order

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[O]:
        return iter(list(self._orders.values()))


class OrderIndex(Generic[O]):
    """Every order with its history, by key, by account and by client id."""

    def __init__(self) -> None:
        self.forget_orders()

    def forget_orders(self) -> None:
        """Begin with no order at all."""
        self.history: dict[OrderKey, list[O]] = {}
        self._open: dict[tuple[int, str], OpenOrders[O]] = defaultdict(OpenOrders)
        self.order_keys: dict[tuple[int, str], list[OrderKey]] = defaultdict(list)
        self.keys_by_client_id: dict[tuple[int, str, str], list[OrderKey]] = defaultdict(list)

    def order(self, key: OrderKey) -> O:
        return self.history[key][-1]

    def orders(self) -> Iterator[O]:
        return (versions[-1] for versions in self.history.values())

    def load_order(self, order: O) -> None:
        """Index `order` without handing it to the storage."""
        key = order.key
        versions = self.history.get(key)
        if versions is None:
            self.history[key] = [order]
            self.order_keys[order.uid, order.symbol].append(key)
            self._index_client_id(order)
        else:
            if versions[-1].client_order_id != order.client_order_id:
                self._drop_client_id(versions[-1])
                self._index_client_id(order)
            versions.append(order)
        self._open[order.uid, order.symbol].note(order)

    def _index_client_id(self, order: O) -> None:
        self.keys_by_client_id[order.uid, order.symbol, order.client_order_id].append(order.key)

    def _drop_client_id(self, order: O) -> None:
        self.keys_by_client_id[order.uid, order.symbol, order.client_order_id].remove(order.key)

    def find_by_client_id(self, uid: int, symbol: str, client_order_id: str) -> list[O]:
        """Return the orders that bear this id now, oldest first."""
        keys = self.keys_by_client_id.get((uid, symbol, client_order_id), ())
        return [self.order(key) for key in keys]

    def owned_by(self, uid: int) -> Callable[[Resting], bool]:
        """Return what tells the account's orders in the book from those of others."""

        def is_own(resting: Resting) -> bool:
            return resting.order_key is not None and self.order(resting.order_key).uid == uid

        return is_own

    def find(self, uid: int, symbol: str, order_id: int | None, client_order_id: str) -> O | None:
        """Return the account's order of an exchange id, else the newest that bears a client id."""
        if order_id is None:
            bearing = self.find_by_client_id(uid, symbol, client_order_id)
            return bearing[-1] if bearing else None
        versions = self.history.get((symbol, order_id))
        return versions[-1] if versions is not None and versions[-1].uid == uid else None

    def open_of(self, uid: int, symbol: str) -> OpenOrders[O]:
        """Return the account's open orders of one market."""
        return self._open[uid, symbol]

    def open_orders(self, uid: int, symbol: str | None = None) -> list[O]:
        """Return the account's open orders of one market, or of all."""
        rows = [
            order
            for (owner, name), orders in self._open.items()
            if owner == uid and symbol in {None, name}
            for order in orders
        ]
        return rows
