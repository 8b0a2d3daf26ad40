"""What queries see of orders and trades: lagging, or not at all yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, TypeVar

from workers.paper_exchange.clock import Clock

from .order_index import IndexedOrder, OrderIndex
from .trades import OrderKey

O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


class SeenTrade(Protocol):
    """What a query must know of a trade."""

    @property
    def symbol(self) -> str: ...
    @property
    def order_id(self) -> int: ...
    @property
    def executed_at_ms(self) -> int: ...


T = TypeVar("T", bound=SeenTrade)


class Sight(Generic[O]):
    """Shows orders and trades as a replica does that may lag behind the matching."""

    def __init__(self, orders: OrderIndex[O], markets: Mapping[str, object], clock: Clock) -> None:
        self.read_lag_ms = 0
        self.invisible_until_ms: dict[OrderKey, int] = {}
        self._orders = orders
        self._symbols = markets
        self._now_ms = clock

    def visible(self, order: O) -> O | None:
        """Return `order` as queries see it; None while they do not see it yet."""
        now_ms = self._now_ms()
        if self.invisible_until_ms.get(order.key, 0) > now_ms:
            return None
        if not self.read_lag_ms:
            return order
        seen_ms = now_ms - self.read_lag_ms
        versions = [v for v in self._orders.history[order.key] if v.updated_at_ms <= seen_ms]
        return versions[-1] if versions else None

    def visible_orders(self, uid: int, symbol: str | None = None) -> list[O]:
        """Return the account's orders of one market or of all, as queries see them."""
        return self._seen(self._orders_of(uid, symbol))

    def visible_open_orders(self, uid: int, symbol: str | None = None) -> list[O]:
        """Return the account's orders that queries see as open, of one market or of all."""
        if not self.read_lag_ms:
            orders: Iterable[O] = self._orders.open_orders(uid, symbol)
        else:
            # A lagging replica may still show as open what has just closed
            orders = self._orders_of(uid, symbol)
        return [order for order in self._seen(orders) if order.is_open]

    def visible_trades(self, rows: list[T]) -> list[T]:
        """Return those of `rows` that queries see."""
        if not self.read_lag_ms and not self.invisible_until_ms:
            return rows
        now_ms = self._now_ms()
        seen_ms = now_ms - self.read_lag_ms
        hidden = {key for key, until_ms in self.invisible_until_ms.items() if until_ms > now_ms}
        return [
            row
            for row in rows
            if row.executed_at_ms <= seen_ms and (row.symbol, row.order_id) not in hidden
        ]

    def _orders_of(self, uid: int, symbol: str | None) -> Iterable[O]:
        symbols = [symbol] if symbol is not None else list(self._symbols)
        return (self._orders.order(k) for s in symbols for k in self._orders.order_keys[uid, s])

    def _seen(self, orders: Iterable[O]) -> list[O]:
        seen = (self.visible(order) for order in orders)
        return [order for order in seen if order is not None]
