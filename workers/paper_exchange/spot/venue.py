"""The spot exchange put together: one object that the wire speaks to."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from decimal import Decimal

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.errors import order_refused
from workers.paper_exchange.limits import Limits

from .accounts import Account, ApiKey, Balance
from .candles import Candle, CandleSeries, synthetic_past
from .crowd import Crowd, quotes_around
from .desk import Desk
from .events import BalanceEvent, OrderEvent, UserEvent
from .ledger import Ledger, Storage
from .market import Market
from .matcher import Matcher
from .orders import Order
from .symbols import SymbolRules
from .tape import Tape
from .walk import Walk, step

EventListener = Callable[[list[UserEvent]], None]


class Venue:
    """Accounts, markets, matching and the crowd of one exchange, under one seed."""

    def __init__(
        self,
        rules: Iterable[SymbolRules],
        *,
        seed: int,
        clock: ExchangeClock,
        storage: Storage | None = None,
    ) -> None:
        self.seed = seed
        self.clock = clock
        self.started_at_ms = clock()
        self.ledger = Ledger(storage)
        self.markets: dict[str, Market] = {}
        self.matcher = Matcher(self.ledger, self.markets, clock)
        self.desk = Desk(self.ledger, self.matcher)
        self.crowd = Crowd(self.matcher)
        self.limits = Limits()
        self.read_lag_ms = 0
        self.invisible_until_ms: dict[tuple[str, int], int] = {}
        self.event_listeners: list[EventListener] = []
        self.randoms: dict[str, random.Random] = {}
        self.walks: dict[str, Walk] = {}
        self._first_balances: dict[int, dict[str, Decimal]] = {}
        for rule in rules:
            self.add_market(rule)

    def add_market(self, rules: SymbolRules) -> None:
        """Open a market at its start price, with its book filled by the crowd."""
        symbol = rules.symbol
        rng = self.randoms[symbol] = random.Random(f"{self.seed}/{symbol}")
        market = Market(rules, Tape(rules.start_price, CandleSeries(self._past_of(rules))))
        self.markets[symbol] = market
        self.walks[symbol] = Walk(float(rules.start_price), float(rules.start_price))
        self.crowd.quote(market, *quotes_around(market, rules.start_price, rng))

    def _past_of(self, rules: SymbolRules) -> Callable[[], list[Candle]]:
        def past() -> list[Candle]:
            rng = random.Random(f"{self.seed}/{rules.symbol}/past")
            return synthetic_past(rng, rules.start_price, rules.tick_size, self.started_at_ms)

        return past

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

    def rest_open_orders(self) -> None:
        """Put the orders of an earlier run back where they stood."""
        orders = [o for o in self.ledger.orders() if o.is_open]
        for order in sorted(orders, key=lambda o: (o.working_at_ms, o.order_id)):
            market = self.markets[order.symbol]
            if order.is_waiting:
                market.waiting[order.key] = None
            else:
                market.rest(order)

    def commit(self) -> None:
        """Write what changed, then tell it. Called at the end of every change."""
        self.ledger.commit()
        events = self.matcher.take_events()
        if not events:
            return
        self._forgive_first_fills(events)
        for listener in self.event_listeners:
            listener(events)

    def _forgive_first_fills(self, events: list[UserEvent]) -> None:
        """Count an order that begins to fill no longer among the unfilled ones."""
        for event in events:
            if not isinstance(event, OrderEvent) or event.execution is None:
                continue
            if event.order.filled_quantity == event.execution.quantity:
                self.limits.forgive_order(event.uid, event.at_ms)

    # What the market or the control API does

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move a market; its five-minute average becomes the new price too."""
        market = self.markets[symbol]
        market.tape.forget_average()
        self.crowd.move(market, price, self.randoms[symbol])

    def tick(self) -> None:
        """Move every market by one step of its path."""
        for symbol, market in self.markets.items():
            rng = self.randoms[symbol]
            price = self.walks[symbol].next_price(rng, market.rules.tick_size)
            step(market, self.crowd, price, rng)

    def reset(self) -> None:
        """Forget every order, trade and balance, as the testnet does each month."""
        self.ledger.clear()
        self.invisible_until_ms.clear()
        for market in self.markets.values():
            market.clear_orders()
        now_ms = self.clock()
        for account in self.ledger.accounts.values():
            account.balances.clear()
            for asset, amount in self._first_balances[account.uid].items():
                self.ledger.set_balance(account.uid, asset, Balance(free=amount), now_ms)

    def fill(self, order: Order, quantity: Decimal) -> None:
        """Let the crowd trade with an open order at its own price."""
        market = self.markets[order.symbol]
        resting = market.book.own_side(order.side).find(order.price, order.key)
        if resting is None:
            raise order_refused("The order is not in the book.")
        if quantity > resting.remaining:
            raise order_refused(f"The order has only {resting.remaining} left.")
        self.crowd.fill(market, resting, quantity)

    def transfer(self, uid: int, asset: str, amount: Decimal) -> None:
        """Add `amount` (below zero: take) to what is free, and tell the account."""
        now_ms = self.clock()
        self.ledger.move(uid, asset, amount, Decimal(0), now_ms)
        self.matcher.events.append(BalanceEvent(uid=uid, asset=asset, delta=amount, at_ms=now_ms))

    # What a query sees

    def visible(self, order: Order) -> Order | None:
        """Return `order` as queries see it: lagging, or not at all yet."""
        now_ms = self.clock()
        if self.invisible_until_ms.get(order.key, 0) > now_ms:
            return None
        if not self.read_lag_ms:
            return order
        seen_ms = now_ms - self.read_lag_ms
        versions = [v for v in self.ledger.history[order.key] if v.updated_at_ms <= seen_ms]
        return versions[-1] if versions else None
