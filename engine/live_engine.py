"""Trade live: follow candles, ask strategies, send their signals through risk to the exchange.

>>> live = LiveTradingEngine(watchlist=["BTCUSDT"], initial_balance=1000.0)  # doctest: +SKIP
>>> live.start()                                                             # doctest: +SKIP
>>> live.get_engine_status()["order_manager"]["active_orders_count"]         # doctest: +SKIP
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from engine.bootstrap import Engine, build_engine
from engine.callbacks import DenialCallback, OrderCallback, PositionCallback
from engine.config import load_settings
from engine.domain.decimals import parse_positive
from engine.domain.signal import Signal
from engine.errors import ConfigurationError, EngineError, InvalidRequest
from engine.live_account import LiveAccount
from engine.live_report import describe_engine
from engine.live_settings import check_watchlist, choose_accounts, name_strategies, only
from engine.live_status import ProcessLook
from engine.order_manager import OrderManager
from engine.order_request import Number
from engine.portfolio_manager import PortfolioManager
from engine.position_manager import PositionManager
from engine.risk_manager import RiskManager
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from engine.strategies.strategy import Strategy

__all__ = ["LiveTradingEngine"]

log = logging.getLogger(__name__)


class LiveTradingEngine:
    """Accounts, a watchlist, and strategies that trade it.

    Sizing, sending and watching is the workers' part, so `augustan up` must run. One thread may
    use an object of this class; each strategy on each account has a thread of its own, so that
    one that fails or hangs leaves the others alone.
    """

    def __init__(
        self,
        watchlist: Sequence[str],
        initial_balance: Number = 1000.0,
        paper_trading: bool = True,
        *,
        config_path: str | None = None,
        account: str | None = None,
        accounts: Sequence[str] = (),
        strategy: Strategy | None = None,
        strategies: Sequence[Strategy] | Mapping[str, Strategy] = (),
        interval: str = "1m",
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet.

        `watchlist`: the symbols whose signals are accepted and whose candles are followed.
        `initial_balance` (quote currency): what each paper account is supposed to hold, and what
        all positions of an account together may use; off paper never more than the configured
        budget. `paper_trading` refuses accounts that trade real money. `account` or `accounts`
        may be left out where there is one. Without a strategy only the signals given to
        `process_signal` are traded; two of one class need names: `strategies={"fast": …}`.
        `engine` lends its settings; connections are always this object's own.
        """
        live = os.environ.get("AUGUSTAN_LIVE") == "yes"
        settings = engine.settings if engine else load_settings(config_path, live=live)
        chosen = choose_accounts(settings, account, accounts, paper_trading=paper_trading)
        self.watchlist = check_watchlist(watchlist)
        self.strategies = name_strategies(strategy, strategies)
        self.initial_balance = parse_positive(initial_balance, "initial_balance")
        self.interval = interval
        scoped = settings.model_copy(update={"watchlist": self.watchlist})
        self._engine = build_engine(scoped)
        self.accounts = {
            one.name: LiveAccount(
                one,
                engine=self._engine,
                build=lambda: build_engine(scoped),
                configured_watchlist=settings.watchlist,
                initial_balance=self.initial_balance,
                strategies=self.strategies,
                interval=interval,
            )
            for one in chosen
        }
        names = tuple(self.accounts)
        self.order_manager = OrderManager(
            testnet=paper_trading, accounts=names, engine=self._engine
        )
        self._processes = ProcessLook(self._engine)
        for one in self.accounts.values():
            self.order_manager.add_fill_callback(one.fold_fill)

    # ---- the parts of the only account -------------------------------------------------------

    @property
    def account(self) -> str:
        """The name of the only account; InvalidRequest where there are several."""
        return only(self.accounts, "account").name

    @property
    def portfolio_manager(self) -> PortfolioManager:
        """That of the only account; of several, each has its own in `accounts`."""
        return only(self.accounts, "portfolio_manager").portfolio_manager

    @property
    def position_manager(self) -> PositionManager:
        return self.portfolio_manager.position_manager

    @property
    def risk_manager(self) -> RiskManager:
        return RiskManager(account=self.account, engine=self._engine)

    @property
    def signal_processor(self) -> LiveSignalProcessor:
        return LiveSignalProcessor(account=self.account, engine=self._engine)

    # ---- callbacks ---------------------------------------------------------------------------

    def add_order_callback(self, callback: OrderCallback) -> None:
        """Have `callback(order_id, order_result)` called for each step of every order.

        All callbacks: at least once, after the commit, in this process, also for what other
        processes did; between `start` and `stop`.
        """
        self.order_manager.add_order_callback(callback)

    def add_fill_callback(self, callback: OrderCallback) -> None:
        """Have `callback(order_id, order_result)` called for every booked fill."""
        self.order_manager.add_fill_callback(callback)

    def add_position_callback(self, callback: PositionCallback) -> None:
        """Have `callback(name, position)` called when a position was brought up to date."""
        self.order_manager.add_position_callback(callback)

    def add_denial_callback(self, callback: DenialCallback) -> None:
        """Have `callback(denial)` called for each order and each signal that risk refused."""
        self.order_manager.add_denial_callback(callback)

    # ---- life --------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        return any(account.is_running for account in self.accounts.values())

    def start(self) -> None:
        """Begin to follow the watchlist; a second start changes nothing.

        An account that cannot be reached now is tried again while the others go on; where none
        can, that is raised. Raises InvalidRequest for a symbol that an exchange does not list or
        the configuration does not allow; then nothing was started.
        """
        if self.is_running:
            return
        self._prepare()
        self.watchlist = next(iter(self.accounts.values())).watchlist
        self.order_manager.start_order_monitoring()
        for account in self.accounts.values():
            account.start()

    def stop(self) -> None:
        """Stop following and trading; orders and positions stay as they are."""
        for account in self.accounts.values():
            account.stop()
        self.order_manager.stop_order_monitoring()

    def close(self) -> None:
        """Stop, and close every connection."""
        self.stop()
        self._engine.close()

    # ---- use ---------------------------------------------------------------------------------

    def process_signal(self, signal: Signal) -> SignalReceipt:
        """Size the signal within the budget and record its order; the same key acts once.

        Raises InvalidRequest for what is no signal or is not on the watchlist. A denial is no
        error: the receipt tells it.
        """
        if signal.account and signal.account not in self.accounts:
            raise InvalidRequest(
                f"account is {signal.account}; it must be one of {', '.join(self.accounts)}."
            )
        account = self.accounts[signal.account or only(self.accounts, "a signal's account").name]
        processor = LiveSignalProcessor(account=account.name, engine=self._engine)
        return account.signals.send(processor, signal)

    def get_engine_status(self) -> dict[str, Any]:
        """Return how every component is and what the accounts hold, in their quote currency.

        Asks the workers who is there, at most every five seconds; that takes a second.
        """
        return describe_engine(
            self.accounts,
            self.order_manager,
            self._processes,
            is_running=self.is_running,
            interval=self.interval,
            initial_balance=self.initial_balance,
            strategies=tuple(self.strategies),
        )

    # ---- inside ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        failures: list[EngineError] = []
        for account in self.accounts.values():
            try:
                account.prepare()
            except (InvalidRequest, ConfigurationError):
                raise
            except EngineError as error:
                log.warning("account %s cannot be reached yet: %s", account.name, error)
                failures.append(error)
        if len(failures) == len(self.accounts):
            raise failures[0]
