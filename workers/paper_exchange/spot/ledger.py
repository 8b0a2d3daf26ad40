"""Everything the exchange has accepted: orders, executions, balances, counters.

Writes are collected and handed to the storage by `commit`, one transaction per request, so that
what has been answered can be read again after a kill.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Protocol

from workers.paper_exchange.market.books import Books, Counter
from workers.paper_exchange.market.trades import OrderKey

from .accounts import Account, ApiKey, Balance
from .order_lists import OrderList
from .orders import Execution, Order


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
        self.lists: dict[int, OrderList] = {}
        self.is_reset = False  # Everything before is forgotten

    def __bool__(self) -> bool:
        return bool(
            self.orders
            or self.executions
            or self.balances
            or self.counters
            or self.accounts
            or self.texts
            or self.lists
            or self.is_reset
        )


class Ledger(Books[Order]):
    """The books of the exchange, indexed for its questions."""

    def __init__(self, storage: Storage | None = None) -> None:
        self.accounts: dict[int, Account] = {}
        self.keys: dict[str, ApiKey] = {}
        self._storage = storage
        self._start_empty()

    def _start_empty(self) -> None:
        self.forget_all()
        self.executions: dict[tuple[int, str], list[Execution]] = defaultdict(list)
        self.executions_of: dict[OrderKey, list[Execution]] = defaultdict(list)
        self.lists: dict[int, OrderList] = {}
        self._changes = Changes()

    def clear(self) -> None:
        """Forget orders, executions and counters, as a reset of the testnet does."""
        self._start_empty()
        self._changes.is_reset = True

    # Orders

    def put_order(self, order: Order) -> None:
        """Record a new order, or a new state of one."""
        self.load_order(order)
        self._changes.orders[order.key] = order

    def put_list(self, order_list: OrderList) -> None:
        """Record a new list of orders, or a new state of one."""
        self.lists[order_list.list_id] = order_list
        self._changes.lists[order_list.list_id] = order_list

    # Executions

    def add_execution(self, execution: Execution) -> None:
        self.load_execution(execution)
        self._changes.executions.append(execution)

    def load_execution(self, execution: Execution) -> None:
        self.executions[execution.uid, execution.symbol].append(execution)
        self.executions_of[execution.symbol, execution.order_id].append(execution)

    # Balances, accounts

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

    # What the next commit writes

    def note_counter(self, counter: Counter, number: int) -> None:
        self._changes.counters[counter] = number

    def note_text(self, name: str, value: str) -> None:
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
