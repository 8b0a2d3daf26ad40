"""The spot exchange put together: one object that the wire speaks to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.limits import Limits
from workers.paper_exchange.market.marketplace import Marketplace

from .accounts import Account, ApiKey, Balance
from .desk import Desk
from .events import BalanceEvent, Ending, OrderEvent, UserEvent
from .ledger import Ledger, Storage
from .list_desk import ListDesk
from .market import Market
from .matcher import Matcher
from .orders import Order
from .symbols import SymbolRules

EventListener = Callable[[list[UserEvent]], None]


class Venue(Marketplace[Market, Order]):
    """Accounts, markets, matching and the crowd of one exchange, under one seed."""

    ledger: Ledger

    def __init__(
        self,
        rules: Iterable[SymbolRules],
        *,
        seed: int,
        clock: ExchangeClock,
        storage: Storage | None = None,
    ) -> None:
        self.ledger = Ledger(storage)
        markets: dict[str, Market] = {}
        self.matcher = Matcher(self.ledger, markets, clock)
        super().__init__(self.ledger, self.matcher, markets, seed=seed, clock=clock)
        self.desk = Desk(self.ledger, self.matcher)
        self.lists = ListDesk(self.ledger, self.desk, self.matcher)
        self.limits = Limits()
        self.hears: Callable[[int], bool] = _nobody  # Whether a uid has a user stream
        self.event_listeners: list[EventListener] = []
        self.commit_listeners: list[Callable[[], None]] = []
        self._first_balances: dict[int, dict[str, Decimal]] = {}
        for rule in rules:
            self.add_market(rule)

    def add_market(self, rules: SymbolRules) -> None:
        """Open a market at its start price, with its book filled by the crowd."""
        self.open_market(Market(rules, self.new_tape(rules)))

    def open_account(self, key: ApiKey, balances: dict[str, Decimal]) -> None:
        """Give `key` its account; a new account begins with `balances`."""
        self.ledger.keys[key.key] = key
        self._first_balances.setdefault(key.uid, balances)
        if key.uid in self.ledger.accounts:
            return
        now_ms = self.clock()
        self.ledger.put_account(Account(uid=key.uid, updated_at_ms=now_ms))
        for asset, amount in balances.items():
            self.ledger.set_balance(key.uid, asset, Balance(free=amount), now_ms)

    def _rest_open_orders(self) -> None:
        """Put the orders of an earlier run back where they stood."""
        orders = [o for o in self.ledger.orders() if o.is_open]
        for order in sorted(orders, key=lambda o: (o.working_at_ms, o.order_id)):
            market = self.markets[order.symbol]
            if order.status == "PENDING_NEW":
                continue
            if order.is_waiting:
                market.waiting[order.key] = None
            else:
                market.rest(order)

    def commit(self) -> None:
        """Write what changed, then tell it. Called at the end of every change."""
        self.lists.follower.settle()
        self.ledger.commit()
        events = self.matcher.take_events(self.hears)
        self._forgive_first_fills(events)
        if events:
            for listener in self.event_listeners:
                listener(events)
        for changed in self.commit_listeners:
            changed()

    def _forgive_first_fills(self, events: list[UserEvent]) -> None:
        """Count an order that begins to fill no longer among the unfilled ones."""
        for event in events:
            if not isinstance(event, OrderEvent) or event.execution is None:
                continue
            if event.order.filled_quantity == event.execution.quantity:
                self.limits.forgive_order(event.uid, event.at_ms)

    # What the market or the control API does

    def resume(self) -> None:
        """Continue from a loaded ledger: open orders in their books, markets where they stood."""
        self.resume_start()
        self._rest_open_orders()
        self.resume_paths()

    def reset(self) -> None:
        """Forget every order, trade and balance, as the testnet does each month."""
        self.ledger.clear()
        self.invisible_until_ms.clear()
        for market in self.markets.values():
            market.clear_orders()
        now_ms = self.clock()
        self.keep_start()
        for account in self.ledger.accounts.values():
            account.balances.clear()
            for asset, amount in self._first_balances[account.uid].items():
                self.ledger.set_balance(account.uid, asset, Balance(free=amount), now_ms)

    def expire(self, order: Order, status: Ending, reason: str) -> None:
        """End an open order by the exchange's own decision."""
        self.markets[order.symbol].withdraw(order)
        self.matcher.end(order, status, reason)

    def transfer(self, uid: int, asset: str, amount: Decimal) -> None:
        """Add `amount` (below zero: take) to what is free, and tell the account."""
        now_ms = self.clock()
        self.ledger.move(uid, asset, amount, Decimal(0), now_ms)
        self.matcher.events.append(BalanceEvent(uid=uid, asset=asset, delta=amount, at_ms=now_ms))


def _nobody(uid: int) -> bool:
    return False
