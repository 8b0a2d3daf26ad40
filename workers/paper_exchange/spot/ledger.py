"""Everything the exchange has accepted: orders, executions, balances, counters.

Writes are collected and handed to the storage by `commit`, one transaction per request, so that
what has been answered can be read again after a kill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

from .accounts import Account, ApiKey, Balance
from .orders import CONDITIONAL_TYPES, Execution, Order, OrderKey

Counter = tuple[str, str]  # symbol, what is counted


class Storage(Protocol):
    """Where commits go; the memory-only exchange has none."""

    def save(self, changes: Changes) -> None: ...


class Changes:
    """What one request changed."""

    def __init__(self) -> None:
        self.orders: dict[OrderKey, Order] = {}
        self.executions: list[Execution] = []
        self.balances: dict[tuple[int, str], Balance] = {}
        self.counters: dict[Counter, int] = {}
        self.accounts: dict[int, Account] = {}
        self.texts: dict[str, str] = {}
        self.is_reset = False  # Everything before is forgotten

    def __bool__(self) -> bool:
        return bool(
            self.orders
            or self.executions
            or self.balances
            or self.counters
            or self.accounts
            or self.texts
            or self.is_reset
        )


class OpenOrders:
    """The open orders of one account in one market, counted and found without a search."""

    def __init__(self) -> None:
        self._orders: dict[int, Order] = {}
        self._ids: dict[str, int] = {}  # Client id -> order id
        self.conditional = 0

    def note(self, order: Order) -> None:
        """Take in a new state of an order."""
        before = self._orders.pop(order.order_id, None)
        if before is not None:
            self._ids.pop(before.client_order_id, None)
            self.conditional -= before.order_type in CONDITIONAL_TYPES
        if order.is_open:
            self._orders[order.order_id] = order
            self._ids[order.client_order_id] = order.order_id
            self.conditional += order.order_type in CONDITIONAL_TYPES

    def find(self, order_id: int | None, client_order_id: str) -> Order | None:
        """Return the order that bears every id given, None when there is none."""
        if order_id is None:
            order_id = self._ids.get(client_order_id)
        order = None if order_id is None else self._orders.get(order_id)
        if order is None or (client_order_id and order.client_order_id != client_order_id):
            return None
        return order

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[Order]:
        return iter(list(self._orders.values()))


class Ledger:
    """The books of the exchange, indexed for its questions."""

    def __init__(self, storage: Storage | None = None) -> None:
        self.accounts: dict[int, Account] = {}
        self.keys: dict[str, ApiKey] = {}
        self._storage = storage
        self._start_empty()

    def _start_empty(self) -> None:
        self.history: dict[OrderKey, list[Order]] = {}
        self._open: dict[tuple[int, str], OpenOrders] = defaultdict(OpenOrders)
        self.order_keys: dict[tuple[int, str], list[OrderKey]] = defaultdict(list)
        self.keys_by_client_id: dict[tuple[int, str, str], list[OrderKey]] = defaultdict(list)
        self.executions: dict[tuple[int, str], list[Execution]] = defaultdict(list)
        self.executions_of: dict[OrderKey, list[Execution]] = defaultdict(list)
        self.counters: dict[Counter, int] = defaultdict(int)
        self.texts: dict[str, str] = {}
        self._changes = Changes()

    def clear(self) -> None:
        """Forget orders, executions and counters, as a reset of the testnet does."""
        self._start_empty()
        self._changes.is_reset = True

    # Orders

    def order(self, key: OrderKey) -> Order:
        return self.history[key][-1]

    def orders(self) -> Iterator[Order]:
        return (versions[-1] for versions in self.history.values())

    def put_order(self, order: Order) -> None:
        """Record a new order, or a new state of one."""
        self.load_order(order)
        self._changes.orders[order.key] = order

    def load_order(self, order: Order) -> None:
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

    def _index_client_id(self, order: Order) -> None:
        self.keys_by_client_id[order.uid, order.symbol, order.client_order_id].append(order.key)

    def _drop_client_id(self, order: Order) -> None:
        self.keys_by_client_id[order.uid, order.symbol, order.client_order_id].remove(order.key)

    def find_by_client_id(self, uid: int, symbol: str, client_order_id: str) -> list[Order]:
        """Return the orders that bear this id now, oldest first."""
        keys = self.keys_by_client_id.get((uid, symbol, client_order_id), ())
        return [self.order(key) for key in keys]

    def open_of(self, uid: int, symbol: str) -> OpenOrders:
        """Return the account's open orders of one market."""
        return self._open[uid, symbol]

    def open_orders(self, uid: int, symbol: str | None = None) -> list[Order]:
        """Return the account's open orders of one market, or of all."""
        rows = [
            order
            for (owner, name), orders in self._open.items()
            if owner == uid and symbol in {None, name}
            for order in orders
        ]
        return rows

    # Executions

    def add_execution(self, execution: Execution) -> None:
        self.load_execution(execution)
        self._changes.executions.append(execution)

    def load_execution(self, execution: Execution) -> None:
        self.executions[execution.uid, execution.symbol].append(execution)
        self.executions_of[execution.symbol, execution.order_id].append(execution)

    # Balances, accounts, counters, texts

    def set_balance(self, uid: int, asset: str, balance: Balance, now_ms: int) -> None:
        account = self.accounts[uid]
        account.balances[asset] = balance
        account.updated_at_ms = now_ms
        self._changes.balances[uid, asset] = balance

    def move(self, uid: int, asset: str, free: Decimal, locked: Decimal, now_ms: int) -> None:
        """Add `free` and `locked` (both may be negative) to a balance."""
        before = self.accounts[uid].balance(asset)
        after = Balance(free=before.free + free, locked=before.locked + locked)
        self.set_balance(uid, asset, after, now_ms)

    def put_account(self, account: Account) -> None:
        self.accounts[account.uid] = account
        self._changes.accounts[account.uid] = account

    def next_id(self, symbol: str, what: str) -> int:
        """Return the next number of a series; ids start at 1 and are counted per symbol."""
        number = self.counters[symbol, what] + 1
        self.counters[symbol, what] = number
        self._changes.counters[symbol, what] = number
        return number

    def skip_to(self, symbol: str, what: str, number: int) -> None:
        """Let the next number of a series be `number`; ValueError when it was given already."""
        last = self.counters[symbol, what]
        if number <= last:
            raise ValueError(f"number {number} is not above the last {what} id {last}")
        self.counters[symbol, what] = number - 1
        self._changes.counters[symbol, what] = number - 1

    def set_text(self, name: str, value: str) -> None:
        """Keep a text, for example where a market stands."""
        self.texts[name] = value
        self._changes.texts[name] = value

    def forget_changes(self) -> None:
        """Drop what has not been committed: a loaded ledger knows better than a new one."""
        self._changes = Changes()

    def commit(self) -> None:
        """Hand everything since the last commit to the storage, in one transaction."""
        if not self._changes:
            return
        changes, self._changes = self._changes, Changes()
        if self._storage is not None:
            self._storage.save(changes)
