"""Finding the orders of one account again."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from engine.domain.order import Order
from engine.errors import UnknownOrder
from engine.ports import OrderFilter, Recorded, RecordOutcome, Versioned
from engine.store.codec import ORDER
from engine.store.part import AccountPart


class OrderLookups(AccountPart):
    """The orders of one account, by each of their names."""

    def load_order(self, client_order_id: str) -> Versioned[Order]:
        """Return the order; UnknownOrder when there is none."""
        found = self.find_order(client_order_id)
        if found is None:
            raise UnknownOrder(f"No order with the id {client_order_id} is known.")
        return found

    def find_order(self, client_order_id: str) -> Versioned[Order] | None:
        key = self._keys.order(client_order_id)
        version, body = self._client.read("HMGET", key, "version", "body")
        if version is None:
            return None
        return Versioned(value=ORDER.decode(body), version=int(version))

    def load_orders(self, client_order_ids: Sequence[str]) -> tuple[Order, ...]:
        """Return the orders in the order asked for; UnknownOrder when one of them is missing."""
        keys = [self._keys.order(name) for name in client_order_ids]
        bodies = self._read("load_orders", keys) if keys else []
        for name, body in zip(client_order_ids, bodies, strict=True):
            if not body:
                raise UnknownOrder(f"No order with the id {name} is known.")
        return tuple(ORDER.decode(body) for body in bodies)

    def find_by_exchange_id(self, symbol: str, exchange_order_id: str) -> str | None:
        field = f"{symbol} {exchange_order_id}"
        found: str | None = self._client.read("HGET", self._keys.exchange_ids(), field)
        return found

    def find_request(self, request_key: str, digest: str) -> Recorded | None:
        """Return EXISTS with its orders, or KEY_CONFLICT; None when unused or forgotten."""
        standing = self._client.read("GET", self._keys.request(request_key))
        if standing is None:
            return None
        outcome = request_outcome(standing, digest)
        return Recorded(outcome=outcome, client_order_ids=request_ids(standing))

    def list_orders(self, which: OrderFilter, limit: int = 1_000_000) -> tuple[Order, ...]:
        """Return orders, oldest first; RECENT newest first."""
        index = {
            OrderFilter.ACTIVE: self._keys.active(),
            OrderFilter.OPEN: self._keys.open(),
            OrderFilter.IN_DOUBT: self._keys.in_doubt(),
            OrderFilter.RECENT: self._keys.recent(),
        }[which]
        command = "ZREVRANGE" if which is OrderFilter.RECENT else "ZRANGE"
        bodies = self._read("list_orders", (index,), self._keys.order(""), limit, command)
        return tuple(ORDER.decode(body) for body in bodies)


def request_ids(standing: str) -> tuple[str, ...]:
    """Return the orders of a request that stands under its key; none for empty text."""
    return tuple(orjson.loads(standing)["client_order_ids"]) if standing else ()


def request_outcome(standing: str, digest: str, write_id: str = "") -> RecordOutcome:
    """Return what a request that stands under the key means for one with this digest."""
    request = orjson.loads(standing)
    if request["digest"] != digest:
        return RecordOutcome.KEY_CONFLICT
    is_own = request["write_id"] == write_id
    return RecordOutcome.RECORDED if is_own else RecordOutcome.EXISTS
