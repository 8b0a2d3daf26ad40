"""The positions of an account, as the ledger gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.decimals import parse_positive
from engine.domain.position import Position, PositionState, empty_position
from engine.domain.words import parse_word
from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.order_request import Number
from engine.portfolio.expectations import (
    Expectation,
    check_expectation,
    find_expectation,
    save_expectation,
)

__all__ = ["Position", "PositionManager", "PositionState"]


class PositionManager:
    """Reads positions, and keeps what a caller believes about them.

    A position is the fold of the exchange's own trades. `set_position_state` and
    `update_position_entry_price` therefore change no position: they record an expectation, and a
    difference that remains when all orders of the symbol are settled is alarmed.
    """

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

    @property
    def positions(self) -> Mapping[str, Position]:
        """The positions by symbol; those that were closed again are among them."""
        folded = self._context.store.list_positions()
        return MappingProxyType({one.symbol: one for one in folded})

    def get_position(self, symbol: str) -> Position:
        """Return the position of "BTC/USDT" or "BTCUSDT"; a flat one where nothing was traded."""
        return self._find(self._resolve(symbol))

    def get_position_state(self, symbol: str) -> PositionState:
        return self.get_position(symbol).direction

    def set_position_state(self, symbol: str, state: PositionState | str) -> Position:
        """Record that the caller believes the position to be FLAT, LONG or SHORT.

        Returns the position as it is.
        """
        believed = parse_word(PositionState, state, "state")
        return self._expect(self._resolve(symbol), state=believed)

    def update_position_entry_price(self, symbol: str, price: Number) -> Position:
        """Record that the caller believes to have entered at `price` (quote per base).

        Returns the position as it is.
        """
        return self._expect(self._resolve(symbol), entry_price=parse_positive(price, "price"))

    def check_expectation(self, symbol: str) -> str | None:
        """Return in one sentence how belief and ledger differ; None where they agree.

        Also None while an order of the symbol is unfinished or a trade is not folded yet.
        """
        return self._check(self._resolve(symbol))

    # ---- inside ------------------------------------------------------------------------------

    @property
    def _context(self) -> AccountContext:
        return self._engine.account(self._account)

    def _resolve(self, symbol: str) -> str:
        return resolve_symbol(symbol, self._context.gateway.load_instruments()).symbol

    def _find(self, symbol: str) -> Position:
        stored = self._context.store.find_position(symbol)
        return stored.value if stored else empty_position(self._context.name, symbol)

    def _expect(
        self,
        symbol: str,
        *,
        state: PositionState | None = None,
        entry_price: Decimal | None = None,
    ) -> Position:
        context = self._context
        known = find_expectation(context.shared, context.identity, symbol)
        before = known or Expectation(symbol=symbol)
        # Another state is another position: what was believed of the last one's price is over
        price = before.entry_price if state in {None, before.state} else None
        expected = replace(
            before,
            state=state or before.state,
            entry_price=entry_price or price,
            is_alarmed=False,
        )
        save_expectation(context.shared, context.identity, expected)
        self._check(symbol)
        return self._find(symbol)

    def _check(self, symbol: str) -> str | None:
        context = self._context
        now_ms = context.clock.now_ms()
        return check_expectation(context.shared, context.store, context.gateway, symbol, now_ms)
