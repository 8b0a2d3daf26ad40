"""One account of a live engine: its symbols, its budget, and a thread for each strategy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from engine.bootstrap import Engine
from engine.candle_follower import CandleFollower
from engine.config import AccountSettings, Mode
from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.live_settings import compare_balance, resolve_watchlist
from engine.live_signals import LiveSignals, SignalCounts
from engine.order_result import OrderResult
from engine.portfolio_manager import PortfolioManager
from engine.risk.sizing import allowed_budget
from engine.strategies.strategy import Strategy

log = logging.getLogger(__name__)


class LiveAccount:
    """Follows the watchlist on one account and asks its strategies; others do not notice it."""

    def __init__(
        self,
        settings: AccountSettings,
        *,
        engine: Engine,
        build: Callable[[], Engine],
        configured_watchlist: tuple[str, ...],
        initial_balance: Decimal,
        strategies: Mapping[str, Strategy],
        interval: str,
    ) -> None:
        """`engine` is the caller's, `build` returns one for a thread; nothing is asked yet."""
        self.name = settings.name
        self.mode = settings.mode
        self.budget = allowed_budget(
            initial_balance,
            settings.risk_management.default_budget,
            is_paper=settings.mode is Mode.PAPER,
        )
        self.watchlist = engine.settings.watchlist
        self.balance_note = ""
        self.portfolio_manager = PortfolioManager(account=self.name, engine=engine)
        self.counts = SignalCounts()
        self.signals = LiveSignals(build, self.name, self.budget, self.counts)
        self._engine = engine
        self._build = build
        self._configured = configured_watchlist
        self._initial_balance = initial_balance
        self._interval = interval
        self._strategies = strategies
        self._followers = self._build_followers()

    @property
    def is_running(self) -> bool:
        return any(follower.is_running for follower in self._followers)

    def prepare(self) -> None:
        """Resolve the watchlist and compare the balance.

        Raises InvalidRequest for a symbol that the exchange does not list or the configuration
        does not allow, and whatever keeps exchange or store from being reached.
        """
        self.watchlist = self._resolve(self._engine.account(self.name))
        self.balance_note = compare_balance(
            self._initial_balance,
            self.portfolio_manager.refresh().equity,
            self.budget,
            is_paper=self.mode is Mode.PAPER,
        )
        if self.balance_note:
            log.warning("%s", self.balance_note)

    def start(self) -> None:
        """Begin to follow; an account that cannot be reached yet begins when it can."""
        self._followers = self._build_followers()
        for follower in self._followers:
            follower.start()

    def fold_fill(self, order_id: str, result: OrderResult) -> None:
        """Fold a fill of this account at once: this process then sees the new position."""
        if result.account == self.name:
            self.portfolio_manager.on_order_filled(order_id, result)

    def stop(self) -> None:
        for follower in self._followers:
            follower.stop()

    def describe(self) -> dict[str, Any]:
        """Return what the account does and holds; amounts are in its quote currency."""
        portfolio, problem, held = None, "", 0
        try:
            portfolio = self.portfolio_manager.get_portfolio()
            folded = self.portfolio_manager.position_manager.positions.values()
            held = sum(bool(one.net_quantity) for one in folded)
        except EngineError as error:
            problem = str(error)
        rows = portfolio.positions if portfolio else ()
        errors = {one.name: one.last_error for one in self._followers if one.last_error}
        return {
            "account": self.name,
            "mode": self.mode.value,
            "running": self.is_running,
            "problem": problem,
            "watchlist": list(self.watchlist),
            "budget": self.budget,
            "balance_note": self.balance_note,
            "equity": portfolio.equity if portfolio else None,
            "open_positions_count": held,
            "positions": {row.symbol: row for row in rows},
            "last_closes": self._last_closes(),
            "signals": dict(self.counts.now),
            "strategies": {
                one.name: {"running": one.is_running, "last_error": one.last_error}
                for one in self._followers
                if one.name
            },
            "last_error": next(iter(errors.values()), ""),
        }

    # ---- inside ------------------------------------------------------------------------------

    def _last_closes(self) -> dict[str, Decimal]:
        return {
            symbol: candle.close
            for follower in self._followers
            for symbol, candle in follower.newest.items()
        }

    def _resolve(self, context: AccountContext) -> tuple[str, ...]:
        listed = context.gateway.load_instruments()
        return resolve_watchlist(self.watchlist, self._configured, listed)

    def _build_followers(self) -> list[CandleFollower]:
        """Return a thread's work for each strategy: one that fails or hangs stops no other."""
        asked: Mapping[str, Strategy | None] = self._strategies or {"": None}
        return [self._build_follower(name, strategy) for name, strategy in asked.items()]

    def _build_follower(self, name: str, strategy: Strategy | None) -> CandleFollower:
        signals = LiveSignals(self._build, self.name, self.budget, self.counts)
        age_ms = self._engine.settings.execution.order_valid_ms
        return CandleFollower(
            signals.open_account,
            self._resolve,
            interval=self._interval,
            strategy=strategy,
            name=name,
            on_wish=partial(signals.act, strategy=name, age_ms=age_ms),
        )
