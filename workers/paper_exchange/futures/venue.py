"""The futures market put together: one object that the wire speaks to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.limits import FUTURES_ORDER_LIMITS, Limits
from workers.paper_exchange.market.marketplace import Marketplace

from . import expiry
from .accounts import Account
from .algo_desk import AlgoDesk
from .contracts import ContractRules
from .countdowns import Countdowns
from .desk import Desk
from .events import AccountEvent, UserEvent
from .funding import Funding
from .ledger import Ledger
from .ledger_rows import Storage
from .liquidation import Liquidation
from .listen_keys import ListenKeys
from .margins import Margins
from .market import Market
from .matcher import Matcher
from .orders import Order
from .settings import Settings
from .takeovers import SETTLEMENT, Takeovers
from .telling import wallet_row

EventListener = Callable[[list[UserEvent]], None]

WEIGHT_PER_MINUTE = 2_400
ORDERS_PER_10S = 300


class Venue(Marketplace[Market, Order]):
    """Accounts, contracts, matching and the crowd of the futures market, under one seed."""

    ledger: Ledger

    def __init__(
        self,
        rules: Iterable[ContractRules],
        *,
        seed: int,
        clock: ExchangeClock,
        storage: Storage | None = None,
    ) -> None:
        self.ledger = Ledger(storage)
        markets: dict[str, Market] = {}
        self.matcher = Matcher(self.ledger, markets, clock)
        super().__init__(self.ledger, self.matcher, markets, seed=seed, clock=clock)
        self.margins = Margins(self.ledger, markets)
        self.desk = Desk(self.ledger, self.matcher, self.margins)
        self.algo = AlgoDesk(self.ledger, self.desk, self.matcher)
        self.takeovers = Takeovers(self.ledger, self.matcher)
        self.liquidation = Liquidation(self.ledger, self.margins, self.matcher, self.takeovers)
        self.funding = Funding(self.ledger, self.matcher)
        self.countdowns = Countdowns(self.ledger, self.desk, clock)
        self.listen_keys = ListenKeys(self.ledger, clock)
        self.settings = Settings(self.ledger, self.desk, self.matcher, self.margins)
        self.limits = Limits(FUTURES_ORDER_LIMITS)
        self.limits.weight_per_minute = WEIGHT_PER_MINUTE
        self.limits.orders_per_10s = ORDERS_PER_10S
        self.event_listeners: list[EventListener] = []
        self.commit_listeners: list[Callable[[], None]] = []
        self.key_listeners: list[Callable[[str, int], None]] = []  # key, time in ms
        self._first_balances: dict[int, dict[str, Decimal]] = {}
        for rule in rules:
            self.open_market(Market(rule, self.new_tape(rule)))

    def open_account(self, uid: int, balances: dict[str, Decimal]) -> None:
        """Give a uid its futures wallets; a new account begins with `balances`."""
        self._first_balances.setdefault(uid, balances)
        if uid in self.ledger.accounts:
            return
        self.ledger.put_account(Account(uid=uid, updated_at_ms=self.clock()))
        self._deposit_first(uid)

    def _deposit_first(self, uid: int) -> None:
        for asset, amount in self._first_balances.get(uid, {}).items():
            self.ledger.add_income(uid, "TRANSFER", asset, amount, self.clock())

    def commit(self) -> None:
        """Write what changed, then tell it. Called at the end of every change."""
        self.ledger.commit()
        events = self.matcher.take_events()
        if events:
            for listener in self.event_listeners:
                listener(events)
        for changed in self.commit_listeners:
            changed()

    def pass_time(self) -> None:
        """Do what the clock alone decides. Called often, and before every answer."""
        self.desk.expire_old()
        self.countdowns.cancel_due()
        self.algo.release_due()
        for _, key in self.listen_keys.take_expired():
            for listener in self.key_listeners:
                listener(key, self.clock())
        if self.matcher.events:
            self.commit()

    # What the control API does

    def set_mark_price(self, symbol: str, price: Decimal | None) -> None:
        """Hold the mark price of a contract, or let it follow the last price again."""
        market = self.market(symbol)
        market.set_mark_price = price
        self.ledger.set_text(f"mark/{symbol}", "" if price is None else str(price))
        self.matcher.wake(market)

    def transfer(self, uid: int, asset: str, amount: Decimal) -> None:
        """Add `amount` (below zero: take) to a wallet, and tell the account."""
        now_ms = self.clock()
        self.ledger.add_income(uid, "TRANSFER", asset, amount, now_ms)
        self.matcher.events.append(
            AccountEvent(
                uid=uid,
                reason="DEPOSIT" if amount > 0 else "WITHDRAW",
                wallets=(wallet_row(self.ledger, uid, asset, amount),),
                positions=(),
                at_ms=now_ms,
            )
        )

    def settle_contract(self, symbol: str, price: Decimal) -> None:
        """End a contract: its orders expire, its positions close at `price`, and it stops."""
        market = self.market(symbol)
        market.status = "SETTLING"
        for uid in self.ledger.accounts:
            self.takeovers.end_orders(uid, symbol, expiry.DELISTED)
            self.algo.expire_all(uid, symbol)
        for position in list(self.ledger.positions.values()):
            if position.symbol == symbol and position.quantity:
                self.takeovers.close(position, price, SETTLEMENT)

    def reset(self) -> None:
        """Forget every order, trade, position and balance, as the testnet does."""
        self.ledger.clear()
        self.countdowns.resume()
        self.invisible_until_ms.clear()
        for market in self.markets.values():
            market.clear_orders()
            market.set_mark_price = None
        self.keep_start()
        for uid in self.ledger.accounts:
            self._deposit_first(uid)

    # An earlier run

    def resume(self) -> None:
        """Continue from a loaded ledger: open orders in their books, markets where they stood."""
        self.resume_start()
        orders = [o for o in self.ledger.orders() if o.is_open]
        for order in sorted(orders, key=lambda o: (o.created_at_ms, o.order_id)):
            self.markets[order.symbol].rest(order)
        for position in list(self.ledger.positions.values()):
            self.matcher.trim_reducing(position)
        for symbol, market in self.markets.items():
            text = self.ledger.texts.get(f"mark/{symbol}")
            market.set_mark_price = Decimal(text) if text else None
        self.countdowns.resume()
        self.resume_paths()
