"""Trade live: follow candles, ask a strategy, send its signals through risk to the exchange.

>>> live = LiveTradingEngine(watchlist=["BTCUSDT"], initial_balance=1000.0)  # doctest: +SKIP
>>> live.start()                                                             # doctest: +SKIP
>>> live.get_engine_status()["order_manager"]["active_orders_count"]         # doctest: +SKIP
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from engine.bootstrap import Engine, build_engine
from engine.candle_follower import CandleFollower
from engine.config import Mode, load_settings
from engine.domain.decimals import parse_positive
from engine.domain.signal import Signal
from engine.live_settings import (
    check_watchlist,
    choose_account,
    compare_balance,
    resolve_watchlist,
)
from engine.live_signals import LiveSignals
from engine.order_manager import OrderManager
from engine.order_request import Number
from engine.portfolio_manager import PortfolioManager
from engine.risk.sizing import allowed_budget
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from engine.strategies.strategy import Strategy

__all__ = ["LiveTradingEngine"]

log = logging.getLogger(__name__)


class LiveTradingEngine:
    """One account, a watchlist, and a strategy that trades it.

    Sizing, sending and watching is the workers' part, so `augustan up` must run. One thread may
    use an object of this class.
    """

    def __init__(
        self,
        watchlist: Sequence[str],
        initial_balance: Number = 1000.0,
        paper_trading: bool = True,
        *,
        config_path: str | None = None,
        account: str | None = None,
        strategy: Strategy | None = None,
        interval: str = "1m",
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet.

        `watchlist`: the symbols whose signals are accepted and whose candles are followed.
        `initial_balance` (quote currency): what a paper account is supposed to hold, and what all
        positions together may use; off paper never more than the configured budget.
        `paper_trading` refuses an account that trades real money. Without a `strategy` only the
        signals given to `process_signal` are traded. `engine` lends its settings; connections are
        always this object's own.
        """
        live = os.environ.get("AUGUSTAN_LIVE") == "yes"
        settings = engine.settings if engine else load_settings(config_path, live=live)
        chosen = choose_account(settings, account, paper_trading=paper_trading)
        self.account = chosen.name
        self.mode = chosen.mode
        self.watchlist = check_watchlist(watchlist)
        self.interval = interval
        self.strategy = strategy
        self.initial_balance = parse_positive(initial_balance, "initial_balance")
        self.budget = allowed_budget(
            self.initial_balance,
            chosen.risk_management.default_budget,
            is_paper=chosen.mode is Mode.PAPER,
        )
        self._configured_watchlist = settings.watchlist
        self._balance_note = ""
        scoped = settings.model_copy(update={"watchlist": self.watchlist})
        self._engine = build_engine(scoped)
        self._signals = LiveSignals(lambda: build_engine(scoped), chosen.name, self.budget)
        self._follower = self._build_follower()
        self.order_manager = OrderManager(
            testnet=paper_trading, account=chosen.name, engine=self._engine
        )
        self.portfolio_manager = PortfolioManager(account=chosen.name, engine=self._engine)
        self.order_manager.add_fill_callback(self.portfolio_manager.on_order_filled)

    # ---- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow the watchlist; a second start changes nothing.

        Raises InvalidRequest for a symbol that the exchange does not list or the configuration
        does not allow, and whatever keeps exchange or store from being reached.
        """
        if self._follower.is_running:
            return
        listed = self._engine.account(self.account).gateway.load_instruments()
        self.watchlist = resolve_watchlist(self.watchlist, self._configured_watchlist, listed)
        self._balance_note = compare_balance(
            self.initial_balance,
            self.portfolio_manager.refresh().equity,
            self.budget,
            is_paper=self.mode is Mode.PAPER,
        )
        if self._balance_note:
            log.warning("%s", self._balance_note)
        self.order_manager.start_order_monitoring()
        self._follower = self._build_follower()
        self._follower.start()

    def stop(self) -> None:
        """Stop following and trading; orders and positions stay as they are."""
        self._follower.stop()
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
        processor = LiveSignalProcessor(account=self.account, engine=self._engine)
        return self._signals.send(processor, signal)

    def get_engine_status(self) -> dict[str, Any]:
        """Return what the engine does and what its account holds; amounts are in quote currency."""
        active = self.order_manager.get_active_orders()
        portfolio = self.portfolio_manager.get_portfolio()
        closes = {symbol: candle.close for symbol, candle in self._follower.newest.items()}
        return {
            "running": self._follower.is_running,
            "account": self.account,
            "mode": self.mode.value,
            "watchlist": list(self.watchlist),
            "interval": self.interval,
            "strategy": type(self.strategy).__name__ if self.strategy else None,
            "initial_balance": self.initial_balance,
            "budget": self.budget,
            "balance_note": self._balance_note,
            "equity": portfolio.equity,
            "positions": {row.symbol: row for row in portfolio.positions},
            "last_closes": closes,
            "order_manager": {
                "active_orders_count": len(active),
                "in_doubt_count": sum(order.in_doubt for order in active),
            },
            "signals": dict(self._signals.counts),
            "last_error": self._follower.last_error,
        }

    # ---- inside ------------------------------------------------------------------------------

    def _build_follower(self) -> CandleFollower:
        return CandleFollower(
            self._signals.open_account,
            self.watchlist,
            interval=self.interval,
            strategy=self.strategy,
            on_wish=lambda wish: self._signals.act(
                wish, type(self.strategy).__name__, self._engine.settings.execution.order_valid_ms
            ),
        )
