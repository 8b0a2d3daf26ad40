"""The rows of the futures ledger: indexed as they come, and handed to the storage as they change.

Every row has a kind and a key; what one request changed is handed over by `commit`, in one
transaction, so that what has been answered can be read again after a kill.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any, Protocol

from workers.paper_exchange.market.books import Books, Counter
from workers.paper_exchange.market.trades import OrderKey

from .accounts import Account, ContractSetting, Income, Wallet
from .algo_orders import AlgoIndex, AlgoOrder
from .orders import Order, Trade
from .positions import Position, PositionKey
from .rates import FundingRate

RowKey = tuple[str, str]  # kind, key

#: Kind -> the class of its rows, in the order in which a ledger is loaded.
KINDS: dict[str, type[Any]] = {
    "account": Account,
    "wallet": Wallet,
    "setting": ContractSetting,
    "position": Position,
    "order": Order,
    "trade": Trade,
    "income": Income,
    "algo": AlgoOrder,
    "funding": FundingRate,
}


class Storage(Protocol):
    """Where commits go; the memory-only exchange has none."""

    def save(self, rows: dict[RowKey, object], *, is_reset: bool) -> None: ...


class LedgerRows(Books[Order]):
    """Everything that is kept, by what is asked of it, and what has changed of it."""

    def __init__(self, storage: Storage | None = None) -> None:
        super().__init__()
        self.accounts: dict[int, Account] = {}
        self._storage = storage
        self._start_empty()

    def _start_empty(self) -> None:
        self.forget_all()
        self.dated: dict[OrderKey, None] = {}  # Open orders with a good-till date
        self.algo = AlgoIndex()
        self.wallets: dict[tuple[int, str], Wallet] = {}
        self.settings: dict[tuple[int, str], ContractSetting] = {}
        self.positions: dict[PositionKey, Position] = {}
        self.trades: dict[tuple[int, str], list[Trade]] = defaultdict(list)
        self.trades_of: dict[OrderKey, list[Trade]] = defaultdict(list)
        self.income: dict[int, list[Income]] = defaultdict(list)
        self.funding: list[FundingRate] = []
        self._changes: dict[RowKey, object] = {}
        self._is_reset = False

    def clear(self) -> None:
        """Forget everything but the accounts and their rates, as a reset of the testnet does."""
        self._start_empty()
        self._is_reset = True
        for account in list(self.accounts.values()):
            self.put_account(replace(account, is_hedged=False))

    def put_account(self, account: Account) -> None:
        self.put("account", str(account.uid), account)

    def put(self, kind: str, key: str, row: object) -> None:
        """Keep a new row, or a new state of one."""
        self.load(kind, row)
        self._changes[kind, key] = row

    def load(self, kind: str, row: Any) -> None:
        """Index a row of an earlier run."""
        match kind:
            case "account":
                self.accounts[row.uid] = row
            case "wallet":
                self.wallets[row.uid, row.asset] = row
            case "setting":
                self.settings[row.uid, row.symbol] = row
            case "position":
                self.positions[row.key] = row
            case "order":
                self._index_order(row)
            case "trade":
                self._index_trade(row)
            case "income":
                self.income[row.uid].append(row)
            case "algo":
                self.algo.note(row)
            case "funding":
                self.funding.append(row)

    def _index_order(self, order: Order) -> None:
        self.load_order(order)
        if order.good_till_ms and order.is_open:
            self.dated[order.key] = None
        else:
            self.dated.pop(order.key, None)

    def _index_trade(self, trade: Trade) -> None:
        self.trades[trade.uid, trade.symbol].append(trade)
        self.trades_of[trade.symbol, trade.order_id].append(trade)

    def load_counter(self, key: str, number: int) -> None:
        """Continue a series of an earlier run."""
        symbol, _, what = key.partition("/")
        self.counters[symbol, what] = number

    # What the next commit writes

    def note_counter(self, counter: Counter, number: int) -> None:
        self._changes["counter", "/".join(counter)] = number

    def note_text(self, name: str, value: str) -> None:
        self._changes["text", name] = value

    def forget_changes(self) -> None:
        """Drop what has not been committed: a loaded ledger knows better than a new one."""
        self._changes = {}

    def commit(self) -> None:
        """Hand everything since the last commit to the storage, in one transaction."""
        if not self._changes and not self._is_reset:
            return
        changes, self._changes = self._changes, {}
        is_reset, self._is_reset = self._is_reset, False
        if self._storage is not None:
            self._storage.save(changes, is_reset=is_reset)
