"""Balances, positions and equity of an account, and what a fill does to them."""

from __future__ import annotations

import logging
from decimal import Decimal

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.decimals import plain
from engine.domain.portfolio import Portfolio
from engine.execution.completing import updates
from engine.execution.context import AccountContext
from engine.order_result import OrderResult
from engine.position_manager import PositionManager

__all__ = ["Portfolio", "PortfolioManager"]

log = logging.getLogger(__name__)


class PortfolioManager:
    """The portfolio that the workers keep; reading it changes nothing."""

    def __init__(
        self,
        config_path: str | None = None,
        *,
        account: str | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet. `account` may be left out where there is only one."""
        self._engine = engine or build_engine(load_settings(config_path))
        self._account = account
        self.position_manager = PositionManager(account=account, engine=self._engine)

    def on_order_filled(self, order_id: str, order_result: OrderResult) -> None:
        """Fold the fill into its position: for `OrderManager.add_fill_callback`.

        Safe to call twice and late. The workers do the same by themselves; with this the caller's
        process sees the new position at once.
        """
        context = self._engine.account(order_result.account or self._account)
        outcome = updates.update_position(context, order_result.symbol)
        average = order_result.average_price
        log.info(
            "%s %s %s: %s filled at %s, position %s",
            order_id,
            order_result.side,
            order_result.symbol,
            plain(order_result.filled_quantity),
            plain(average) if average is not None else "an unknown price",
            outcome,
        )

    def get_portfolio(self) -> Portfolio:
        """Return the newest portfolio that was recorded; records the first one."""
        stored = self._context.store.find_portfolio()
        return stored.value if stored else self.refresh()

    def refresh(self) -> Portfolio:
        """Ask the exchange for balances and prices, record the portfolio and return it.

        Raises what the exchange raises when it does not answer.
        """
        return updates.record_portfolio(self._context)

    @property
    def equity(self) -> Decimal | None:
        """All that the account holds, in its quote currency; None while an asset has no price."""
        return self.get_portfolio().equity

    @property
    def _context(self) -> AccountContext:
        return self._engine.account(self._account)
