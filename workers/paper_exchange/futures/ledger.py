"""Everything the futures market has accepted: orders, trades, positions, wallets, income.

Every row has a kind and a key; what one request changed is handed to the storage by `commit`, in
one transaction, so that what has been answered can be read again after a kill.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from workers.paper_exchange.market.order_index import OrderIndex
from workers.paper_exchange.market.trades import OrderKey

from .accounts import Account, ContractSetting, Income, Wallet
from .algo_orders import AlgoIndex, AlgoOrder
from .orders import ZERO, Order, PositionSide, Trade
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


class Ledger(OrderIndex[Order]):
    """The books of the futures market, indexed for its questions."""

    def __init__(self, storage: Storage | None = None) -> None:
        super().__init__()
        self.accounts: dict[int, Account] = {}
        self.texts: dict[str, str] = {}
        self.counters: dict[tuple[str, str], int] = defaultdict(int)
        self._storage = storage
        self._start_empty()

    def _start_empty(self) -> None:
        self.forget_orders()
        self.dated: dict[OrderKey, None] = {}  # Open orders with a good-till date
        self.algo = AlgoIndex()
        self.wallets: dict[tuple[int, str], Wallet] = {}
        self.settings: dict[tuple[int, str], ContractSetting] = {}
        self.positions: dict[PositionKey, Position] = {}
        self.trades: dict[tuple[int, str], list[Trade]] = defaultdict(list)
        self.trades_of: dict[OrderKey, list[Trade]] = defaultdict(list)
        self.income: dict[int, list[Income]] = defaultdict(list)
        self.funding: list[FundingRate] = []
        self.counters.clear()
        self.texts.clear()
        self._changes: dict[RowKey, object] = {}
        self._is_reset = False

    def clear(self) -> None:
        """Forget everything but the accounts and their rates, as a reset of the testnet does."""
        self._start_empty()
        self._is_reset = True
        for account in list(self.accounts.values()):
            self.put_account(replace(account, is_hedged=False))

    # Rows

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

    def _put(self, kind: str, key: str, row: object) -> None:
        self.load(kind, row)
        self._changes[kind, key] = row

    def put_account(self, account: Account) -> None:
        self._put("account", str(account.uid), account)

    def put_setting(self, setting: ContractSetting) -> None:
        self._put("setting", f"{setting.uid}/{setting.symbol}", setting)

    def put_position(self, position: Position) -> None:
        self._put("position", "/".join(map(str, position.key)), position)

    def put_order(self, order: Order) -> None:
        self._put("order", _numbered(order.symbol, order.order_id), order)

    def put_algo(self, order: AlgoOrder) -> None:
        self._put("algo", _numbered("", order.algo_id), order)

    def add_trade(self, trade: Trade) -> None:
        self._put("trade", _numbered(trade.symbol, trade.trade_id, trade.order_id), trade)

    def _index_trade(self, trade: Trade) -> None:
        self.trades[trade.uid, trade.symbol].append(trade)
        self.trades_of[trade.symbol, trade.order_id].append(trade)

    def add_funding(self, row: FundingRate) -> None:
        self._put("funding", _numbered("", self.next_id("", "funding")), row)

    def add_income(
        self,
        uid: int,
        income_type: str,
        asset: str,
        amount: Decimal,
        at_ms: int,
        *,
        symbol: str = "",
        information: str = "",
        trade_id: int = 0,
    ) -> None:
        """Change a wallet, and say why; nothing for an amount of zero."""
        if not amount:
            return
        row = Income(
            uid=uid,
            transaction_id=self.next_id("", "transaction"),
            income_type=income_type,
            asset=asset,
            amount=amount,
            symbol=symbol,
            information=information,
            trade_id=trade_id,
            at_ms=at_ms,
        )
        self._put("income", _numbered("", row.transaction_id), row)
        balance = self.wallet(uid, asset).balance + amount
        wallet = Wallet(uid=uid, asset=asset, balance=balance, updated_at_ms=at_ms)
        self._put("wallet", f"{uid}/{asset}", wallet)

    # Questions

    def wallet(self, uid: int, asset: str) -> Wallet:
        """Return the wallet of an asset, an empty one when there never was any."""
        return self.wallets.get((uid, asset)) or Wallet(uid=uid, asset=asset)

    def setting(self, uid: int, symbol: str) -> ContractSetting:
        """Return the account's setting of a contract, the first one when nobody has set it."""
        return self.settings.get((uid, symbol)) or ContractSetting(uid=uid, symbol=symbol)

    def position(self, uid: int, symbol: str, side: PositionSide) -> Position:
        """Return the position, a flat one when there never was any."""
        known = self.positions.get((uid, symbol, side))
        return known or Position(uid=uid, symbol=symbol, side=side)

    def positions_of(self, uid: int, symbol: str) -> list[Position]:
        """Return the positions of one contract in the account's present mode."""
        sides: tuple[PositionSide, ...] = (
            ("LONG", "SHORT") if self.accounts[uid].is_hedged else ("BOTH",)
        )
        return [self.position(uid, symbol, side) for side in sides]

    def has_position(self, uid: int, symbol: str | None = None) -> bool:
        """Return whether anything is open, in one contract or in any."""
        return any(
            p.quantity != ZERO
            for p in self.positions.values()
            if p.uid == uid and symbol in {None, p.symbol}
        )

    # Counters and texts

    def next_id(self, symbol: str, what: str) -> int:
        """Return the next number of a series; ids start at 1 and are counted per symbol."""
        number = self.counters[symbol, what] + 1
        self._set_counter(symbol, what, number)
        return number

    def skip_to(self, symbol: str, what: str, number: int) -> None:
        """Let the next number of a series be `number`; ValueError when it was given already."""
        last = self.counters[symbol, what]
        if number <= last:
            raise ValueError(f"number {number} is not above the last {what} id {last}")
        self._set_counter(symbol, what, number - 1)

    def _set_counter(self, symbol: str, what: str, number: int) -> None:
        self.counters[symbol, what] = number
        self._changes["counter", f"{symbol}/{what}"] = number

    def load_counter(self, key: str, number: int) -> None:
        symbol, _, what = key.partition("/")
        self.counters[symbol, what] = number

    def set_text(self, name: str, value: str) -> None:
        """Keep a text, for example where a market stands."""
        self.texts[name] = value
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


def _numbered(symbol: str, *numbers: int) -> str:
    """Return a key that sorts as its numbers do."""
    return "/".join([symbol, *(f"{number:020d}" for number in numbers)])
